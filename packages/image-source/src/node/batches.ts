import { optional, requireOptions, UINT32 } from "known-options";
import type { ImageBatch } from "../image-batch.ts";
import type { SampleStore } from "../sample-store.ts";
import { imageSource } from "./image-source.ts";
import { type ImageSourceOptions, SOURCE_CHECKS } from "./source-options.ts";

/** Options of {@link batches}. */
export interface BatchesOptions extends ImageSourceOptions {
  /** Index of the epoch, uint32. Default 0. */
  readonly epoch?: number;
}

/**
 * Batches of one epoch, from threads that end with the loop, even if it is left early or throws. For several epochs use
 * {@link imageSource}, which keeps its threads.
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
