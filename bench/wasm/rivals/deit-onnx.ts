import type * as tf from "@tensorflow/tfjs-core";
import type { deit } from "deit-model";
import { OnnxGraph } from "onnx-writer";

const HEADS = 3;
const EPSILON = 1e-6;
const CLASS_TOKENS = 2;

/** Options of {@link deitOnnx}. */
export interface OnnxOptions {
  readonly batch: number;
  /** Let the last block compute its class tokens alone, as our model does; an export of timm computes all. */
  readonly classTokensOnly: boolean;
}

/**
 * A distilled ViT's inference as an ONNX file: the nodes that PyTorch's exporter writes for timm's model, on the same
 * weights. Input `images`, `[batch, 3, height, width]`; outputs: both heads' logits.
 */
export function deitOnnx(
  model: ReturnType<typeof deit>,
  { batch, classTokensOnly }: OnnxOptions,
): { file: Uint8Array; outputs: string[] } {
  const graph = new OnnxGraph({ opset: 20 }); // the first with Gelu
  const builder = new DeitGraph(graph, model, batch);
  const depth = model.weights.filter(({ originalName }) => originalName.endsWith(".norm1/gamma")).length;
  let x = builder.embed();
  for (let i = 0; i < depth; i++) {
    x = builder.block(x, `blocks.${i}`, classTokensOnly && i === depth - 1 ? CLASS_TOKENS : builder.tokens);
  }
  const tokens = builder.norm(x, "norm");
  const outputs = ["classification_head", "distillation_head"].map((name, i) =>
    builder.head(tokens, name, i),
  );
  const classes = model.outputs[0]!.shape[1]!;
  for (const name of outputs) graph.output(name, "float32", [batch, classes]);
  return { file: graph.file(), outputs };
}

class DeitGraph {
  readonly tokens: number;
  readonly #graph: OnnxGraph;
  readonly #batch: number;
  readonly #dim: number;
  readonly #weights: ReadonlyMap<string, tf.Tensor>;
  readonly #side: number;

  constructor(graph: OnnxGraph, model: ReturnType<typeof deit>, batch: number) {
    this.#graph = graph;
    this.#batch = batch;
    this.#weights = new Map(model.weights.map((weight) => [weight.originalName, weight.read()]));
    [, this.tokens, this.#dim] = this.#tensor("position/pos_embed").shape as [number, number, number];
    this.#side = model.inputs[0]!.shape[1]!;
  }

  /** Patches, class tokens, positions: `[batch, tokens, dim]`. */
  embed(): string {
    const kernel = this.#tensor("patch_embed.proj/kernel"); // [p, p, channels, dim], here [dim, channels, p, p]
    const [patch, , channels] = kernel.shape as [number, number, number];
    const images = this.#graph.input("images", "float32", [this.#batch, channels, this.#side, this.#side]);
    const filter = this.#floats([this.#dim, channels, patch, patch], kernelFirst(kernel));
    const strides = { strides: { ints: [patch, patch] }, kernel_shape: { ints: [patch, patch] } };
    const embedded = this.#graph.node(
      "Conv",
      [images, filter, this.#weight("patch_embed.proj/bias")],
      strides,
    );
    const flat = this.#reshape(embedded, [this.#batch, this.#dim, this.tokens - CLASS_TOKENS]);
    const patches = this.#transpose(flat, [0, 2, 1]);
    const tokens = ["tokens/cls_token", "tokens/dist_token"].map((name) => this.#repeated(name));
    const sequence = this.#graph.node("Concat", [...tokens, patches], { axis: { int: 1 } });
    return this.#graph.node("Add", [sequence, this.#weight("position/pos_embed")]);
  }

  block(x: string, name: string, asked: number): string {
    const kept = this.#firstTokens(x, 1, asked);
    const attended = this.#attention(this.norm(x, `${name}.norm1`), `${name}.attn`, asked);
    const x2 = this.#graph.node("Add", [kept, attended]);
    const inner = this.#dense(this.norm(x2, `${name}.norm2`), `${name}.mlp/fc1.`);
    const active = this.#graph.node("Gelu", [inner]);
    return this.#graph.node("Add", [x2, this.#dense(active, `${name}.mlp/fc2.`)]);
  }

  norm(x: string, name: string): string {
    const inputs = [x, this.#weight(`${name}/gamma`), this.#weight(`${name}/beta`)];
    return this.#graph.node("LayerNormalization", inputs, { axis: { int: -1 }, epsilon: { float: EPSILON } });
  }

  head(tokens: string, name: string, index: number): string {
    const start = this.#integers([index]);
    const end = this.#integers([index + 1]);
    const token = this.#graph.node("Slice", [tokens, start, end, this.#integers([1])]);
    const row = this.#reshape(token, [this.#batch, this.#dim]);
    return this.#graph.node("Gemm", [row, this.#weight(`${name}/kernel`), this.#weight(`${name}/bias`)]);
  }

  #attention(x: string, name: string, asked: number): string {
    const { tokens } = this;
    const qkv = this.#dense(x, `${name}/qkv.`);
    const size = this.#tensor(`${name}/qkv.kernel`).shape[1]! / (3 * HEADS);
    const split = this.#transpose(this.#reshape(qkv, [this.#batch, tokens, 3, HEADS, size]), [2, 0, 3, 1, 4]);
    const thirds = this.#graph.nodes("Split", [split, this.#integers([1, 1, 1])], 3, {
      axis: { int: 0 },
    });
    const [q, k, v] = thirds.map((part) => this.#reshape(part, [this.#batch, HEADS, tokens, size]));
    const scale = this.#floats([], Float32Array.of(1 / Math.sqrt(size)));
    const query = this.#graph.node("Mul", [this.#firstTokens(q!, 2, asked), scale]);
    const scores = this.#graph.node("MatMul", [query, this.#transpose(k!, [0, 1, 3, 2])]);
    const shares = this.#graph.node("Softmax", [scores], { axis: { int: -1 } });
    const out = this.#transpose(this.#graph.node("MatMul", [shares, v!]), [0, 2, 1, 3]);
    return this.#dense(this.#reshape(out, [this.#batch, asked, HEADS * size]), `${name}/proj.`);
  }

  #dense(x: string, name: string): string {
    const product = this.#graph.node("MatMul", [x, this.#weight(`${name}kernel`)]);
    return this.#graph.node("Add", [product, this.#weight(`${name}bias`)]);
  }

  #firstTokens(x: string, axis: number, count: number): string {
    if (count === this.tokens) return x;
    const [start, end, axes] = [[0], [count], [axis]].map((value) => this.#integers(value));
    return this.#graph.node("Slice", [x, start!, end!, axes!]);
  }

  #floats(shape: readonly number[], data: Float32Array): string {
    return this.#graph.constant({ dtype: "float32", shape, data });
  }

  #integers(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.#graph.constant({ dtype: "int64", shape: [values.length], data });
  }

  #reshape(x: string, shape: readonly number[]): string {
    return this.#graph.node("Reshape", [x, this.#integers(shape)]);
  }

  #transpose(x: string, perm: readonly number[]): string {
    return this.#graph.node("Transpose", [x], { perm: { ints: perm } });
  }

  /** A class token once for every image. */
  #repeated(name: string): string {
    const token = this.#tensor(name).dataSync();
    const all = new Float32Array(this.#batch * this.#dim);
    for (let i = 0; i < this.#batch; i++) all.set(token, i * this.#dim);
    return this.#floats([this.#batch, 1, this.#dim], all);
  }

  #weight(name: string): string {
    const tensor = this.#tensor(name);
    return this.#floats(tensor.shape, tensor.dataSync() as Float32Array);
  }

  #tensor(name: string): tf.Tensor {
    const tensor = this.#weights.get(name);
    if (tensor === undefined) throw new Error(`deitOnnx: the model has no weight '${name}'`);
    return tensor;
  }
}

/** `[p, p, channels, dim]` → `[dim, channels, p, p]`. */
function kernelFirst(kernel: tf.Tensor): Float32Array {
  const [rows, columns, channels, dim] = kernel.shape as [number, number, number, number];
  const from = kernel.dataSync();
  const to = new Float32Array(from.length);
  const area = rows * columns;
  for (let at = 0; at < area; at++) {
    for (let c = 0; c < channels; c++) {
      for (let d = 0; d < dim; d++) to[(d * channels + c) * area + at] = from[(at * channels + c) * dim + d]!;
    }
  }
  return to;
}
