import type * as tf from "@tensorflow/tfjs-core";

/** A backend of tfjs whose tensors may share data. */
export interface SharingBackend extends tf.KernelBackend {
  disposeData(dataId: tf.DataId, force?: boolean): boolean;
  refCount(dataId: tf.DataId): number;
  incRef(dataId: tf.DataId): void;
}

/** The kernels' state on one running backend. It records what the running kernel allocates, and frees it if the kernel throws. */
export class KernelContext<Backend extends SharingBackend> {
  readonly backend: Backend;
  #outputs: tf.TensorInfo[] = [];

  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** Records a new tensor. */
  protected made(tensor: tf.TensorInfo): tf.TensorInfo {
    this.#outputs.push(tensor);
    return tensor;
  }

  /** A new tensor that shares the data of `tensor`; the data is freed with the last tensor that holds it. */
  share({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    this.backend.incRef(dataId);
    return this.made({ dataId, shape, dtype });
  }

  /** Frees an intermediate tensor of the running kernel. */
  free(tensor: tf.TensorInfo): void {
    this.#outputs = this.#outputs.filter((output) => output !== tensor);
    this.backend.disposeData(tensor.dataId);
  }

  /** Runs a kernel. If it throws, for instance because memory is full, its tensors are freed. */
  attempt<T>(run: () => T): T {
    const outer = this.#outputs; // a kernel may run others
    this.#outputs = [];
    try {
      return run();
    } catch (error) {
      for (const { dataId } of this.#outputs) this.backend.disposeData(dataId);
      throw error;
    } finally {
      this.#outputs = outer;
    }
  }

  /** Frees the context's own memory. */
  dispose(): void {}
}
