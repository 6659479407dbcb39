import { repeatsFor, timeRepeated } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import type { PartOptions } from "../part-options.ts";
import { type MatMulKernels, withMatMuls } from "../which-kernels.ts";
import { hasFastPath, megaflops, type Product, productName, runnable } from "./product.ts";

/** Every side of a product takes every one of these values. */
const SIDES = [1, 2, 3, 5, 8, 17, 64, 100, 200, 512, 1024, 2048];
const QUICK_SIDES = [1, 5, 64, 512];
/** Multiply-adds beyond which a shape is left out; tfjs' own scalar loop would take half a second and more for one. */
const FAST_CAP = 2 ** 31;
const SLOW_CAP = 2 ** 27;
/** Below this ratio of its first timing a shape is timed again, more carefully. */
const SUSPECT = 1.25;
/** Most shapes to time again, the worst first. */
const MOST_SUSPECTS = 400;
/** Rounds of the second timing. */
const ROUNDS = 21;
const QUICK_ROUNDS = 9;
/** Two timings of one and the same kernel differ by so much here. */
const NOISE = 0.05;

interface Timed {
  readonly product: Product;
  /** GFLOP/s. */
  readonly ours: number;
  readonly own: number;
  readonly ratio: number;
}

/** The worst shape of a sweep over 1…2048 and all transposes, and how many shapes are slower than tfjs' own kernel. */
export async function sweepRows(recorder: Recorder, { quick, ceiling }: PartOptions): Promise<void> {
  const products = sweepProducts(quick ? QUICK_SIDES : SIDES);
  const timed = await withMatMuls((kernels) => sweep(products, kernels, quick));
  const [worst] = timed;
  const slower = timed.filter(({ ratio }) => ratio < 1);
  const surely = timed.filter(({ ratio }) => ratio < 1 - NOISE);
  const total = timed.length;
  const id = `sweep, worst of ${total} shapes: ${productName(worst!.product)}`;
  recorder.add(rateRow(id, worst!.ours, worst!.own, "tfjs' own kernels", "GFLOP/s", 1, ceiling));
  recorder.add(
    rateRow("sweep, shapes not slower", total - surely.length, total, "shapes swept", "shapes", 1),
  );
  recorder.note(
    `The sweep takes m, n and k from ${(quick ? QUICK_SIDES : SIDES).join(", ")} with all four transposes, up to 2³¹ ` +
      `multiply-adds where tfjs' own kernel has its fast path and 2²⁷ elsewhere. ${slower.length} of ${total} shapes came out below 1, ` +
      `${surely.length} of them by more than ${NOISE * 100}%, the noise of one timing; a shape counts as slower beyond that. Shapes in doubt are timed again, ` +
      `${quick ? QUICK_ROUNDS : ROUNDS} rounds, of which the fastest of each side counts.` +
      `${surely.length === 0 ? "" : ` Those: ${surely.slice(0, 16).map(described).join("; ")}${surely.length > 16 ? "; …" : ""}.`}`,
  );
}

function described({ product, ratio }: Timed): string {
  return `${productName(product)} (${ratio.toFixed(2)})`;
}

function sweepProducts(sides: readonly number[]): Product[] {
  const products: Product[] = [];
  for (const m of sides) {
    for (const n of sides) {
      for (const k of sides) {
        for (const [transposeA, transposeB] of [
          [false, false],
          [false, true],
          [true, false],
          [true, true],
        ] as const) {
          const product = { batch: 1, m, n, k, transposeA, transposeB };
          if (m * n * k <= (hasFastPath(product) ? FAST_CAP : SLOW_CAP)) products.push(product);
        }
      }
    }
  }
  return products;
}

/** Timings, worst ratio first. A first pass finds the shapes in question, a second times those with more rounds. */
function sweep(products: readonly Product[], kernels: MatMulKernels, quick: boolean): Timed[] {
  const byRatio = (a: Timed, b: Timed) => a.ratio - b.ratio;
  const first = products.map((product) => compare(product, kernels, 2, 0.4)).sort(byRatio);
  const suspects = first.filter(({ ratio }) => ratio < SUSPECT).slice(0, quick ? 60 : MOST_SUSPECTS);
  const again = suspects.map(({ product }) => compare(product, kernels, quick ? QUICK_ROUNDS : ROUNDS, 1.5));
  return [...again, ...first.slice(suspects.length)].sort(byRatio);
}

/** Both sides in turn, the fastest round of each: whatever else the machine does only ever adds time. */
function compare(product: Product, kernels: MatMulKernels, rounds: number, milliseconds: number): Timed {
  const { ours, own, dispose } = runnable(product, kernels);
  const ourRepeats = repeatsFor(ours, milliseconds);
  const ownRepeats = repeatsFor(own, milliseconds);
  let ourMs = Number.POSITIVE_INFINITY;
  let ownMs = Number.POSITIVE_INFINITY;
  // One round of the scalar loop on a large shape takes long, and leaves no doubt.
  const enough = ownRepeats === 1 && !hasFastPath(product) ? 1 : rounds;
  for (let round = 0; round < enough; round++) {
    ourMs = Math.min(ourMs, timeRepeated(ours, ourRepeats));
    ownMs = Math.min(ownMs, timeRepeated(own, ownRepeats));
  }
  dispose();
  const size = megaflops(product);
  return { product, ours: size / ourMs, own: size / ownMs, ratio: ownMs / ourMs };
}
