import { type Checks, integerFrom, OBJECT, requireOptions, UINT32 } from "known-options";
import { sampleKey } from "sample-keys";

/** Where {@link rowKeys} finds or makes its keys. */
export interface KeysOptions {
  /** What the layer was called with. */
  readonly kwargs: { readonly sampleKeys?: unknown };
  /** Rows of the batch. */
  readonly batch: number;
  /** The layer's own seed, uint32. */
  readonly seed: number;
  /** How often the layer has drawn before, uint32. */
  readonly call: number;
}

const CHECKS: Checks<KeysOptions> = { kwargs: OBJECT, batch: integerFrom(0), seed: UINT32, call: UINT32 };

/**
 * The keys that a random layer draws from: the trainer's, one per sample, if it passed `sampleKeys` through `apply`;
 * otherwise `sampleKey(seed, call, row)`, so that plain `model.fit` works and repeats itself.
 *
 * @returns One uint32 per row; the trainer's own array if there is one.
 * @throws TypeError if `sampleKeys` is not an array of numbers.
 *
 * @example
 * console.log(rowKeys({ kwargs: {}, batch: 2, seed: 0, call: 0 }).length); // 2
 */
export function rowKeys(options: KeysOptions): ArrayLike<number> {
  const { kwargs, batch, seed, call } = requireOptions("rowKeys", options, CHECKS);
  const given = kwargs.sampleKeys;
  if (given === undefined || given === null) {
    return Uint32Array.from({ length: batch }, (_, row) => sampleKey(seed, call, row));
  }
  if (given instanceof Uint32Array || Array.isArray(given)) return given;
  throw new TypeError(
    `rowKeys: sampleKeys must be a Uint32Array or an array of numbers, got ${typeof given}`,
  );
}
