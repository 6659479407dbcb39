import type * as tf from "@tensorflow/tfjs-core";
import type { RecordedBackend } from "../recorded-backend.ts";

/**
 * A backend's methods that bring numbers to the host or make tensors of buffers, refused: when a step is recorded there are none yet. What
 * the step has made of numbers of the host may be read, as they are still there.
 *
 * @param isMade - Whether the step made a tensor.
 * @param fail - Throws what is wrong.
 */
export function refusedReads(
  backend: RecordedBackend,
  isMade: (dataId: tf.DataId) => boolean,
  fail: (what: string) => never,
): Pick<RecordedBackend, "readSync" | "read" | "readToGPU" | "createTensorFromGPUData"> {
  const { readSync } = backend;
  const isHostConstant = (dataId: tf.DataId): boolean => {
    const { values, resource } = backend.tensorMap.get(dataId);
    return isMade(dataId) && values != null && resource == null;
  };
  const refuse = (dataId: tf.DataId, by: string): never => {
    const { shape, dtype } = backend.tensorMap.get(dataId);
    return fail(
      `the step reads a tensor back, ${dtype} [${shape}] by ${by}, and its numbers are there only when it runs: return it as an output`,
    );
  };
  return {
    readSync: (dataId) =>
      isHostConstant(dataId) ? readSync.call(backend, dataId) : refuse(dataId, "dataSync() or arraySync()"),
    read: (dataId) => {
      try {
        return refuse(dataId, "data() or array()");
      } catch {
        return new Promise(() => {}); // whoever awaits it is told by the capture, which fails
      }
    },
    readToGPU: (dataId) => refuse(dataId, "dataToGPU()"),
    createTensorFromGPUData: () => fail("the step makes a tensor of a GPUBuffer"),
  };
}
