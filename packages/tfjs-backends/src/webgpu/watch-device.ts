import type { Device } from "./choose-adapter.ts";

/** The ways in which tfjs' WebGPU backend meets its device: it takes memory, computes, or reads. */
export interface DeviceBackend {
  readonly device: Device;
  readonly bufferManager: { acquireBuffer(size: number, ...args: unknown[]): unknown };
  runWebGPUProgram(...args: unknown[]): unknown;
  read(...args: unknown[]): Promise<unknown>;
}

/** Whether a watched backend can go on. */
export interface DeviceState {
  readonly lost: boolean;
}

/**
 * Makes errors of what a GPU otherwise only logs: WebGPU reports a buffer that does not fit, or a lost device, to
 * listeners, while tfjs computes on and returns zeros.
 *
 * An op whose buffer does not fit throws; tensors that were made before stay good. After the device is lost every op and
 * every read throws.
 */
export function watchDevice(backend: DeviceBackend): DeviceState {
  const state = { lost: false };
  let failure: Error | undefined;
  backend.device.lost.then(({ reason, message }) => {
    state.lost = true;
    failure = new Error(
      `webgpu: the device was lost (${reason}: ${message || "no more is known"}); its tensors are gone, ` +
        "startBackend('webgpu') starts another",
    );
  });
  backend.device.addEventListener("uncapturederror", (event) => {
    event.preventDefault(); // it is reported below
    const { error } = event;
    const what =
      error.constructor.name === "GPUOutOfMemoryError" ? "out of memory" : "the device refused a command";
    failure ??= new Error(`webgpu: ${what}: ${error.message.split("\n")[0]}`);
  });
  const check = (): void => {
    if (failure === undefined) return;
    const error = failure;
    if (!state.lost) failure = undefined;
    throw error;
  };

  const { bufferManager, device } = backend;
  const { acquireBuffer } = bufferManager;
  bufferManager.acquireBuffer = (size, ...args) => {
    const most = device.limits.maxBufferSize!;
    if (size > most) throw new Error(`webgpu: out of memory: ${size} bytes in one tensor, ${most} fit`);
    const buffer = acquireBuffer.call(bufferManager, size, ...args);
    check(); // here, before a command that uses it spoils all that wait with it
    return buffer;
  };
  const { runWebGPUProgram, read } = backend;
  backend.runWebGPUProgram = (...args) => {
    check();
    const result = runWebGPUProgram.apply(backend, args);
    check();
    return result;
  };
  backend.read = async (...args) => {
    check();
    try {
      return await read.apply(backend, args);
    } catch (error) {
      await Promise.resolve(); // a lost device says so after it refuses
      throw failure ?? error;
    } finally {
      check();
    }
  };
  return state;
}
