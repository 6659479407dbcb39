import { interleaved, repeatsFor } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import type { PartOptions } from "../part-options.ts";
import { type MatMulKernels, withMatMuls } from "../which-kernels.ts";
import { hasFastPath, megaflops, type Product, productName, runnable } from "./product.ts";

const BATCH = 8;
const TOKENS = 198;
const DIM = 192;
const HIDDEN = 768;
const HEADS = 3;
const SIZE = 64;
const CLASSES = 5;
/** Class tokens: all that the last block computes. */
const ASKED = 2;

/** A dense layer's product and the two of its backward pass. */
function dense(name: string, rows: number, inputs: number, outputs: number): [string, Product][] {
  const product = { batch: 1, transposeA: false, transposeB: false };
  return [
    [`${name}, forward`, { ...product, m: rows, n: outputs, k: inputs }],
    [`${name}, dX`, { ...product, m: rows, n: inputs, k: outputs, transposeB: true }],
    [`${name}, dW`, { ...product, m: inputs, n: outputs, k: rows, transposeA: true }],
  ];
}

/** Attention's two products and the four of its backward pass. */
function attention(name: string, queries: number): [string, Product][] {
  const product = { batch: BATCH * HEADS, transposeA: false, transposeB: false };
  return [
    [`${name}, q·kᵀ`, { ...product, m: queries, n: TOKENS, k: SIZE, transposeB: true }],
    [`${name}, p·v`, { ...product, m: queries, n: SIZE, k: TOKENS }],
    [`${name}, dV`, { ...product, m: TOKENS, n: SIZE, k: queries, transposeA: true }],
    [`${name}, dP`, { ...product, m: queries, n: TOKENS, k: SIZE, transposeB: true }],
    [`${name}, dQ`, { ...product, m: queries, n: SIZE, k: TOKENS }],
    [`${name}, dK`, { ...product, m: TOKENS, n: SIZE, k: queries, transposeA: true }],
  ];
}

/** Every matrix product of DeiT-Ti/16 at 224², micro-batch 8, head size 64, forward and backward. */
const PRODUCTS: readonly [string, Product][] = [
  ...dense("patches", BATCH * (TOKENS - ASKED), HIDDEN, DIM).filter(([name]) => !name.endsWith("dX")),
  ...dense("qkv", BATCH * TOKENS, DIM, 3 * HEADS * SIZE),
  ...attention("attention", TOKENS),
  ...dense("projection", BATCH * TOKENS, HEADS * SIZE, DIM),
  ...dense("MLP in", BATCH * TOKENS, DIM, HIDDEN),
  ...dense("MLP out", BATCH * TOKENS, HIDDEN, DIM),
  ...attention("last block's attention", ASKED),
  ...dense("last block's projection", BATCH * ASKED, HEADS * SIZE, DIM),
  ...dense("last block's MLP in", BATCH * ASKED, DIM, HIDDEN),
  ...dense("last block's MLP out", BATCH * ASKED, HIDDEN, DIM),
  ...dense("head", BATCH, DIM, CLASSES),
];

/** One row a product of the model, against tfjs' own kernels. */
export async function productRows(recorder: Recorder, { quick, ceiling }: PartOptions): Promise<void> {
  await withMatMuls(async (kernels) => {
    for (const [name, product] of PRODUCTS) {
      const [ours, own] = await timeProduct(product, kernels, quick ? 3 : 9);
      recorder.add(
        rateRow(
          `${name} (${productName(product)})`,
          megaflops(product) / ours,
          megaflops(product) / own,
          "tfjs' own kernels",
          "GFLOP/s",
          hasFastPath(product) ? 1.8 : 20,
          ceiling,
        ),
      );
    }
  });
  recorder.note(
    "In the products, `dX` and `dW` are the gradients of a dense layer's input and kernel; tfjs' own kernel keeps its packed " +
      "copy of the second matrix from call to call where neither side is transposed, as it may with weights that do not change.",
  );
}

async function timeProduct(
  product: Product,
  kernels: MatMulKernels,
  rounds: number,
): Promise<[ours: number, own: number]> {
  const { ours, own, dispose } = runnable(product, kernels);
  const repeats = [repeatsFor(ours, 4), repeatsFor(own, 4)] as const;
  const repeated = (run: () => void, count: number) => () => {
    for (let i = 0; i < count; i++) run();
  };
  const sides = [{ run: repeated(ours, repeats[0]) }, { run: repeated(own, repeats[1]) }];
  const [ourMs, ownMs] = await interleaved(sides, { rounds });
  dispose();
  return [ourMs! / repeats[0], ownMs! / repeats[1]];
}
