import { optional, requireOptions, UINT32 } from "known-options";
import type { ImageBatch } from "../image-batch.ts";
import type { SampleStore } from "../sample-store.ts";
import { type ImageSourceOptions, imageSource, SOURCE_CHECKS } from "./image-source.ts";

/** Options of {@link batches}. */
export interface BatchesOptions extends ImageSourceOptions {
  /** Which epoch; uint32. Default 0. */
  readonly epoch?: number;
}

/**
 * One epoch's batches, with threads that end with the loop, also where it is left early or throws.
 *
 * For several epochs take {@link imageSource}, which keeps its threads.
 *
 * @throws TypeError for an unknown option. RangeError if one is out of range. Error naming the picture that does not decode.
 *
 * @example
 * for await (const batch of batches(store, { batchSize: 32, imageSize: 96, training: false })) console.log(batch.labels);
 */
export async function* batches(store: SampleStore, options: BatchesOptions): AsyncGenerator<ImageBatch> {
  requireOptions("batches", options, { ...SOURCE_CHECKS, epoch: optional(UINT32) });
  const { epoch = 0, ...rest } = options;
  const source = imageSource(store, rest);
  try {
    yield* source.batches(epoch);
  } finally {
    await source.close();
  }
}
