import type { Device } from "./choose-adapter.ts";

/** The parts of tfjs' WebGPU backend that use its device: allocation, programs, reads. */
export interface DeviceBackend {
  readonly device: Device;
  readonly bufferManager: { acquireBuffer(size: number, ...args: unknown[]): unknown };
  runWebGPUProgram(...args: unknown[]): unknown;
  read(...args: unknown[]): Promise<unknown>;
}

/** State of a watched device. */
export interface DeviceState {
  readonly lost: boolean;
}

/**
 * Turns a GPU's failures into errors. WebGPU reports a buffer that does not fit, or a lost device, to listeners only, and tfjs
 * continues and returns zeros.
 *
 * An op whose buffer does not fit throws; earlier tensors stay valid. After the device is lost every op and every read throws.
 */
export function watchDevice(backend: DeviceBackend): DeviceState {
  const state = { lost: false };
  let failure: Error | undefined;
  backend.device.lost.then(({ reason, message }) => {
    state.lost = true;
    failure = new Error(
      `webgpu: the device was lost (${reason}: ${message || "no further details"}); its tensors are lost; ` +
        "startBackend('webgpu') opens a new one",
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
    check(); // before a command that uses it invalidates all that are submitted with it
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
      await Promise.resolve(); // a lost device is reported after the refusal
      throw failure ?? error;
    } finally {
      check();
    }
  };
  return state;
}
