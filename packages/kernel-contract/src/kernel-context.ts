import type * as tf from "@tensorflow/tfjs-core";

/** What a context needs of tfjs' backend: data that tensors share. */
export interface SharingBackend extends tf.KernelBackend {
  disposeData(dataId: tf.DataId, force?: boolean): boolean;
  refCount(dataId: tf.DataId): number;
  incRef(dataId: tf.DataId): void;
}

/** The kernels' side of one running backend: remembers what the running kernel has made, to free it should it throw. */
export class KernelContext<Backend extends SharingBackend> {
  readonly backend: Backend;
  #outputs: tf.TensorInfo[] = [];

  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** Remembers a new tensor. */
  protected made(tensor: tf.TensorInfo): tf.TensorInfo {
    this.#outputs.push(tensor);
    return tensor;
  }

  /** A new tensor that shares the data of `tensor`, which is freed with the last of them. */
  share({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    this.backend.incRef(dataId);
    return this.made({ dataId, shape, dtype });
  }

  /** Frees a tensor that the running kernel made and does not return. */
  free(tensor: tf.TensorInfo): void {
    this.#outputs = this.#outputs.filter((output) => output !== tensor);
    this.backend.disposeData(tensor.dataId);
  }

  /** Runs a kernel. If it throws, for instance because memory is full, what it has made is freed. */
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

  /** Frees what the context holds beside tensors. */
  dispose(): void {}
}
