import { type Checks, integerFrom, OBJECT, requireOptions, UINT32 } from "known-options";
import { sampleKey } from "sample-keys";
import { isTensor, requireNotRecorded, type SampleKeys } from "./keys.ts";

/** Options of {@link rowKeys}. */
export interface KeysOptions {
  /** Keyword arguments of the layer's call. */
  readonly kwargs: { readonly sampleKeys?: unknown };
  /** Rows of the batch. */
  readonly batch: number;
  /** The layer's own seed, uint32. */
  readonly seed: number;
  /** Number of the layer's earlier draws, uint32. */
  readonly call: number;
}

const CHECKS: Checks<KeysOptions> = { kwargs: OBJECT, batch: integerFrom(0), seed: UINT32, call: UINT32 };

/**
 * Returns the keys that a random layer draws from: the `sampleKeys` passed through `apply`, one per sample; otherwise
 * `sampleKey(seed, call, row)`, so that plain `model.fit` works and is reproducible.
 *
 * @returns One uint32 per row; the trainer's own array or tensor if there is one.
 * @throws TypeError if `sampleKeys` is not an array of numbers or a tensor, and in a recorded step without them.
 *
 * @example
 * const kwargs = { sampleKeys: Uint32Array.of(7, 8) };
 * console.log(rowKeys({ kwargs, batch: 2, seed: 0, call: 0 }) === kwargs.sampleKeys); // true
 */
export function rowKeys(options: KeysOptions): SampleKeys {
  const { kwargs, batch, seed, call } = requireOptions("rowKeys", options, CHECKS);
  const given = kwargs.sampleKeys;
  if (isTensor(given)) return given;
  if (given === undefined || given === null) {
    requireNotRecorded("rowKeys");
    return Uint32Array.from({ length: batch }, (_, row) => sampleKey(seed, call, row));
  }
  if (given instanceof Uint32Array || Array.isArray(given)) return given;
  throw new TypeError(
    `rowKeys: sampleKeys must be a Uint32Array, an array of numbers or a tensor, got ${typeof given}`,
  );
}
