import type * as tf from "@tensorflow/tfjs-core";
import type { RecordedBackend, TensorData } from "../recorded-backend.ts";

const watched = new WeakSet<RecordedBackend>();
/** Number of read-backs under way of a tensor's numbers. */
const reading = new WeakMap<TensorData, number>();

/** Counts the backend's read-backs, for {@link outdate}. Further calls do nothing. */
export function watchReads(backend: RecordedBackend): void {
  if (watched.has(backend)) return;
  watched.add(backend);
  const { read } = backend;
  backend.read = async (dataId: tf.DataId) => {
    const data = backend.tensorMap.has(dataId) ? backend.tensorMap.get(dataId) : undefined;
    if (data === undefined) return read.call(backend, dataId);
    reading.set(data, (reading.get(data) ?? 0) + 1);
    try {
      return await read.call(backend, dataId);
    } finally {
      const left = reading.get(data)! - 1;
      if (left > 0) reading.set(data, left);
      else {
        reading.delete(data);
        keepsWhatIsRead(data, data.values);
      }
    }
  };
}

/**
 * Tells tfjs that numbers of a tensor that it has read before are not those on the GPU any more. It would keep as the present ones what a
 * read-back brings that began before, too.
 */
export function outdate(data: TensorData): void {
  data.values = null;
  if (!reading.has(data)) return;
  Object.defineProperty(data, "values", {
    ...{ configurable: true, enumerable: true },
    get: () => null,
    set: () => {},
  });
}

function keepsWhatIsRead(data: TensorData, values: TensorData["values"]): void {
  Object.defineProperty(data, "values", {
    ...{ configurable: true, enumerable: true, writable: true },
    value: values,
  });
}
