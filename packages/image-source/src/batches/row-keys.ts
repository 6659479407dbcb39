import { mix64, sampleKey } from "sample-keys";

/** Key of views without randomness. */
const FIXED = 0;

/** A row's keys in an epoch. */
export interface RowKeys {
  /** Key of everything random except the view. */
  readonly sampleKey: number;
  /** Key that the view's crop, flip and so on are drawn from. */
  readonly drawKey: number;
  /** Key of the view's pixels. */
  readonly viewKey: bigint;
}

/** Inputs of {@link rowKeys}. */
export interface KeySettings {
  readonly seed: number;
  readonly training: boolean;
  /** After how many epochs views come again; undefined: never. */
  readonly viewEpochs?: number | undefined;
}

/**
 * The keys of a sample in an epoch. `place` is its index in the store or, of a sample's further versions (repeated augmentation),
 * index + version × samples.
 *
 * The view key is sample index and draw key, 32 bits each, spread by a bijection: two rows share it only where they show
 * the same sample, drawn from the same key.
 */
export function rowKeys(settings: KeySettings, epoch: number, index: number, place: number): RowKeys {
  const { seed, training, viewEpochs } = settings;
  const own = sampleKey(seed, epoch, place);
  const drawKey = viewEpochs === undefined ? own : sampleKey(seed, epoch % viewEpochs, place);
  const viewKey = mix64((BigInt(index) << 32n) | BigInt(training ? drawKey : FIXED));
  return { sampleKey: own, drawKey, viewKey };
}
