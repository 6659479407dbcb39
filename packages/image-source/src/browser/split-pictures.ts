import { having, LIST, optional, RATE, requireArguments, requireOptions, UINT32 } from "known-options";
import { sharesOf } from "../split/class-shares.ts";
import { countsOf, keyedOrder, requireUniqueKeys } from "../split/keyed-samples.ts";

/** Options of {@link splitPictures}. */
export interface SplitPicturesOptions {
  /** Share of held-out pictures, in [0, 1). Default 0.1, or one picture a class if that is more. */
  readonly heldOut?: number;
  /** Seed of the choice of held-out pictures, uint32. Default 0. */
  readonly seed?: number;
}

/** What is split: a key, and a label or −1. */
interface Keyed {
  readonly key: string;
  readonly label: number;
}

/**
 * Splits labeled pictures so that each class has its share in both parts, however few there are: a class of two or more has at least one
 * picture in each part, a single one is trained on, and so are those without a label (−1).
 *
 * Which pictures are held out depends on seed, keys and labels only: they are taken by `md5(seed, key)`, so their order does not matter,
 * and a picture more moves few others. Where Node's `splitStore` holds out at least one of each class, both hold out the same keys, in the
 * same order.
 *
 * @param pictures - Pictures, or any objects with these two fields; the result has the same objects.
 * @returns Both parts mixed. With `heldOut: 0`, `validation` is empty.
 * @throws TypeError for an unknown option. RangeError if one is out of range, a key is there twice, or a label is not an integer ≥ −1.
 *
 * @example
 * const image = { data: new Uint8Array(12), width: 2, height: 2 };
 * const pictures = ["a", "b", "c", "d"].map((key, i) => ({ key, label: i % 2, image }));
 * const { train, validation } = splitPictures(pictures, { seed: 1 });
 * console.log(train.length, validation.length); // 2 2
 */
export function splitPictures<Picture extends Keyed>(
  pictures: readonly Picture[],
  options: SplitPicturesOptions = {},
): { train: Picture[]; validation: Picture[] } {
  requireOptions("splitPictures", options, { heldOut: optional(RATE), seed: optional(UINT32) });
  requireArguments("splitPictures", { pictures }, { pictures: LIST });
  Array.from(pictures).forEach((picture, i) => {
    // holes too
    requireArguments("splitPictures", { [`pictures[${i}]`]: picture }, { [`pictures[${i}]`]: KEYED });
  });
  const keys = pictures.map(({ key }) => key);
  const labels = pictures.map(({ label }) => label);
  requireUniqueKeys("splitPictures", keys, labels);
  const { seed = 0 } = options;
  const left = trainingCounts(
    labels.filter((label) => label !== -1),
    options.heldOut,
    seed,
  );
  const order = keyedOrder(keys, seed);
  const isTraining = order.map((i) => labels[i] === -1 || left[labels[i]!]!-- > 0);
  const part = (training: boolean) =>
    order.filter((_, place) => isTraining[place] === training).map((i) => pictures[i]!);
  return { train: part(true), validation: part(false) };
}

const KEYED = having("a picture with a key and a label", ({ key }) => typeof key === "string");

/** How many pictures of each class are trained on. */
function trainingCounts(labels: readonly number[], heldOut: number | undefined, seed: number): number[] {
  const counts = Array.from(countsOf("splitPictures", labels), (count) => count ?? 0);
  if (heldOut === 0 || labels.length === 0) return counts;
  const classes = counts.filter((count) => count > 0).length;
  const share = heldOut ?? Math.max(0.1, (classes - 0.5) / labels.length); // as splitStore
  const shares = sharesOf(counts, labels.length - Math.ceil(share * labels.length), seed);
  return counts.map((count, label) => (count < 2 ? count : Math.min(Math.max(shares[label]!, 1), count - 1)));
}
