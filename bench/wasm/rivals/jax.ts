import * as tf from "@tensorflow/tfjs-core";
import { transformerBlock } from "vit-blocks";
import { requireAgreement } from "../../agree.ts";
import { interleaved } from "../../measure.ts";
import { importRival } from "../../optional.ts";
import { type Recorder, rateRow } from "../../report.ts";
import type { PartOptions } from "../part-options.ts";
import { enterOurs, withOurs } from "../which-kernels.ts";

type Jax = typeof import("@jax-js/jax");
type JaxArray = import("@jax-js/jax").Array;
type JaxTree = { [name: string]: JaxArray };

const ID = "one DeiT-Ti block, forward + backward, micro-batch 4";
const BATCH = 4;
const TOKENS = 198;
const DIM = 192;
const HEADS = 3;
const HIDDEN = 4 * DIM;
const EPSILON = 1e-6;
/** float32, two ways of computing the same sums. */
const TOLERANCE = 1e-3;
/** Products of a block forward, three times for forward and backward. */
const GIGAFLOPS =
  (3 * 2 * BATCH * TOKENS * (DIM * 3 * DIM + 2 * TOKENS * DIM + DIM * DIM + 2 * DIM * HIDDEN)) / 1e9;

/** A transformer block's loss and all gradients, against jax-js, jitted, on its WASM backend. */
export async function jaxRow(recorder: Recorder, { quick, ceiling }: PartOptions): Promise<void> {
  const jax = await importRival(() => import("@jax-js/jax"));
  if (jax === undefined) {
    recorder.skip(ID, "@jax-js/jax is not installed");
    return;
  }
  await jax.init("wasm");
  jax.defaultDevice("wasm");

  const block = transformerBlock({ name: "block", tokens: TOKENS, dim: DIM, heads: HEADS, init: "timm" });
  const x = tf.randomNormal([BATCH, TOKENS, DIM], 0, 1, "float32", 1);
  const ours = ourStep(block, x);
  const { run: theirs, gradients } = jaxStep(jax, block, x);
  await withOurs(async () => {
    const expected = ours();
    const actual = await gradients();
    for (const [name, values] of Object.entries(expected)) {
      requireAgreement(`jax-js' gradient of ${name}`, actual[name]!, values, TOLERANCE);
    }
  });

  const sides = [{ run: () => void ours(), enter: () => enterOurs() }, { run: theirs }];
  const [ourMs, jaxMs] = await interleaved(sides, { rounds: quick ? 7 : 25 });
  const version = "jax-js 0.1.25, WASM, jitted";
  const rates = [1e3 / ourMs!, 1e3 / jaxMs!] as const;
  recorder.add(rateRow(ID, ...rates, version, "steps/s", 14, ceiling / GIGAFLOPS));
  recorder.note(
    `One block: ours ${ourMs!.toFixed(1)} ms, jax-js ${jaxMs!.toFixed(1)} ms a step, both with the gradients of the input ` +
      "and of all weights, which agree. jax-js has its threads in web workers only, so it runs on one in Node.",
  );
  block.dispose();
  x.dispose();
}

/** The mean of the squared output: its gradients by name, `x` for the input. */
function ourStep(
  block: ReturnType<typeof transformerBlock>,
  x: tf.Tensor,
): () => Record<string, Float32Array> {
  const weights = block.trainableWeights;
  const variables = weights.map((weight) => weight.read() as tf.Variable);
  return () => {
    const input = tf.variable(x);
    const { value, grads } = tf.variableGrads(
      () => tf.mean(tf.square(block.apply(input, { training: true }) as tf.Tensor)) as tf.Scalar,
      [...variables, input],
    );
    const read: Record<string, Float32Array> = { x: grads[input.name]!.dataSync() as Float32Array };
    for (const [i, weight] of weights.entries()) {
      read[weight.originalName] = grads[variables[i]!.name]!.dataSync() as Float32Array;
    }
    tf.dispose([value, grads, input]);
    return read;
  };
}

function jaxStep(
  jax: Jax,
  block: ReturnType<typeof transformerBlock>,
  x: tf.Tensor,
): { run: () => Promise<void>; gradients: () => Promise<Record<string, Float32Array>> } {
  const { numpy: np } = jax;
  const array = (tensor: tf.Tensor) => np.array(tensor.dataSync() as Float32Array, { shape: tensor.shape });
  const weights: JaxTree = { x: array(x) };
  for (const weight of block.trainableWeights) weights[weight.originalName] = array(weight.read());
  const step = jax.jit(jax.valueAndGrad((tree: JaxTree) => np.mean(np.square(jaxBlock(jax, tree)))));
  const call = async () => {
    const borrowed = Object.fromEntries(Object.entries(weights).map(([name, value]) => [name, value.ref]));
    const [loss, gradients] = step(borrowed) as [JaxArray, JaxTree];
    await jax.blockUntilReady([loss, gradients]);
    loss.dispose();
    return gradients;
  };
  return {
    async run() {
      for (const gradient of Object.values(await call())) gradient.dispose();
    },
    async gradients() {
      const read = Object.entries(await call()).map(async ([name, gradient]) => [
        name,
        await gradient.data(),
      ]);
      return Object.fromEntries(await Promise.all(read)) as Record<string, Float32Array>;
    },
  };
}

/** The block with jax-js' own layer normalization, softmax and exact GELU. Every array is used once: it owns them. */
function jaxBlock(jax: Jax, tree: JaxTree): JaxArray {
  const { numpy: np, nn } = jax;
  const weight = (name: string) => tree[`block.${name}`]!;
  const norm = (x: JaxArray, name: string) =>
    nn
      .standardize(x, -1, { epsilon: EPSILON })
      .mul(weight(`${name}/gamma`))
      .add(weight(`${name}/beta`));
  const dense = (x: JaxArray, name: string) =>
    np.matmul(x, weight(`${name}.kernel`)).add(weight(`${name}.bias`));

  const x = tree.x!;
  const size = DIM / HEADS;
  const qkv = dense(norm(x.ref, "norm1"), "attn/qkv");
  const split = (part: JaxArray, axes: number[]) =>
    part.reshape([BATCH, TOKENS, HEADS, size]).transpose(axes);
  const [q, k, v] = np.split(qkv, 3, -1) as [JaxArray, JaxArray, JaxArray];
  // Its `nn.dotProductAttention` calls an `einsum` that needs Node 22; these are the same products.
  const scores = np.matmul(split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1])).mul(1 / Math.sqrt(size));
  const out = np.matmul(nn.softmax(scores, -1), split(v, [0, 2, 1, 3]));
  const attended = out.transpose([0, 2, 1, 3]).reshape([BATCH, TOKENS, DIM]);
  const x2 = x.add(dense(attended, "attn/proj"));
  const inner = nn.gelu(dense(norm(x2.ref, "norm2"), "mlp/fc1"), { approximate: false });
  return x2.add(dense(inner, "mlp/fc2"));
}
