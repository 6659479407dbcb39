import * as tf from "@tensorflow/tfjs-core";

/** Work of one call of a kernel: products in operations, the rest in bytes read and written. */
export interface KernelWork {
  readonly flops: number;
  readonly bytes: number;
}

type Named = Readonly<Record<string, tf.TensorInfo | tf.TensorInfo[] | undefined>>;
// biome-ignore lint/suspicious/noExplicitAny: tfjs does not type the attributes of its kernels.
type Attributes = Readonly<Record<string, any>>;

/** Kernels that hand on what they get. */
const FREE = new Set(["Reshape", "Identity"]);

/** Operations of the matrix products in a kernel. */
const FLOPS: Readonly<
  Record<string, (inputs: Named, attrs: Attributes, outputs: tf.TensorInfo[]) => number>
> = {
  BatchMatMul: matMul,
  _FusedMatMul: matMul,
  Attention: (inputs, attrs) => 2 * attentionProduct(inputs, attrs),
  // The scores again, dP, dV, dQ and dK.
  AttentionGrad: (inputs, attrs) => 5 * attentionProduct(inputs, attrs),
  Linear: ({ kernel }, _, [y]) => 2 * sizeOf(y!) * (kernel as tf.TensorInfo).shape[0]!,
  LinearGrad: ({ kernel, dy }) => 4 * sizeOf(dy as tf.TensorInfo) * (kernel as tf.TensorInfo).shape[0]!,
  ResidualBranch: (inputs, attrs) => branch(inputs, attrs, 1, 2),
  ResidualBranchGrad: (inputs, attrs) => branch(inputs, attrs, 2, 5),
  Conv2D: ({ filter }, _, [y]) => convolution(filter, y),
  FusedConv2D: ({ filter }, _, [y]) => convolution(filter, y),
  Conv2DBackpropInput: ({ filter, dy }) => convolution(filter, dy),
  Conv2DBackpropFilter: ({ dy }, _, [dFilter]) => convolution(dFilter, dy),
};

/** Reckons a call's work from its tensors. */
export function kernelWork(
  name: string,
  inputs: Named,
  attrs: Attributes,
  outputs: tf.TensorInfo[],
): KernelWork {
  if (FREE.has(name)) return { flops: 0, bytes: 0 };
  const all = [...Object.values(inputs).flat(), ...outputs];
  const bytes = all.reduce((sum, tensor) => sum + (tensor ? bytesOf(tensor) : 0), 0);
  return { flops: FLOPS[name]?.(inputs, attrs, outputs) ?? 0, bytes };
}

function matMul({ a }: Named, { transposeA }: Attributes, [y]: tf.TensorInfo[]): number {
  const shape = (a as tf.TensorInfo).shape;
  return 2 * sizeOf(y!) * shape.at(transposeA ? -2 : -1)!;
}

function attentionProduct({ qkv }: Named, { queries }: Attributes): number {
  const [batch, tokens, width] = (qkv as tf.TensorInfo).shape as [number, number, number];
  return (2 * batch * (queries ?? tokens) * tokens * width) / 3;
}

/** Both products `products` times, and those of attention `scores` times. */
function branch(
  { x, kernel1, kernel2 }: Named,
  { rows, attention }: Attributes,
  products: number,
  scores: number,
) {
  const [, tokens, dim] = (x as tf.TensorInfo).shape as [number, number, number];
  const [inner, middle] = [(kernel1 as tf.TensorInfo).shape[1]!, (kernel2 as tf.TensorInfo).shape[0]!];
  const queries = attention?.queries ?? tokens;
  const dense = 2 * rows.length * dim * (tokens * inner + queries * middle);
  return products * dense + (attention ? scores * 2 * rows.length * queries * tokens * middle : 0);
}

function convolution(filter: Named[string], dy: Named[string]): number {
  const [height, width, channels] = (filter as tf.TensorInfo).shape as [number, number, number];
  return 2 * sizeOf(dy as tf.TensorInfo) * height * width * channels;
}

function bytesOf(tensor: tf.TensorInfo): number {
  return sizeOf(tensor) * tf.util.bytesPerElement(tensor.dtype);
}

function sizeOf({ shape }: tf.TensorInfo): number {
  return tf.util.sizeFromShape(shape);
}
