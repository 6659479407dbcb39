import * as tf from "@tensorflow/tfjs-core";
import type { deit } from "deit-model";

type Weights = (name: string) => tf.Tensor;

const EPSILON = 1e-6;
const PATCH = 16;
const HEADS = 3;

/**
 * Both heads' logits of a DeiT, from the model's own weights, in plain tfjs operations: what a user of tfjs writes who
 * has none of these packages. No custom gradient, so the tape keeps what tfjs' own gradients keep. (The patch embedding
 * is a matrix product because tfjs' WASM backend has no gradient of a convolution's filter; no stochastic depth.)
 */
export function plainLogits(model: ReturnType<typeof deit>, images: tf.Tensor4D): tf.Tensor[] {
  const byName = new Map(model.weights.map((weight) => [weight.originalName, weight.read()]));
  const weights: Weights = (name) => byName.get(name)!;
  const depth = [...byName.keys()].filter((name) => name.endsWith(".norm1/gamma")).length;
  let x = embed(images, weights);
  for (let i = 0; i < depth; i++) x = block(x, `blocks.${i}`, weights);
  const tokens = norm(x, "norm", weights);
  return ["classification_head", "distillation_head"].map((head, i) => {
    const token = tf.reshape(tf.slice(tokens, [0, i, 0], [-1, 1, -1]), [x.shape[0]!, x.shape[2]!]);
    return tf.add(tf.matMul(token, weights(`${head}/kernel`)), weights(`${head}/bias`));
  });
}

function embed(images: tf.Tensor4D, weights: Weights): tf.Tensor {
  const [batch, height, width, channels] = images.shape;
  const [rows, columns] = [height / PATCH, width / PATCH];
  const cut = tf.reshape(images, [batch, rows, PATCH, columns, PATCH, channels]);
  const patches = tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4, 5]), [batch * rows * columns, -1]);
  const kernel = weights("patch_embed.proj/kernel");
  const dim = kernel.shape[3]!;
  const flat = tf.reshape(kernel, [PATCH * PATCH * channels, dim]);
  const embedded = tf.add(tf.matMul(patches as tf.Tensor2D, flat), weights("patch_embed.proj/bias"));
  const token = (name: string) => tf.tile(weights(`tokens/${name}`), [batch, 1, 1]);
  const sequence = tf.reshape(embedded, [batch, rows * columns, dim]);
  const tokens = tf.concat([token("cls_token"), token("dist_token"), sequence], 1);
  return tf.add(tokens, weights("position/pos_embed"));
}

function block(x: tf.Tensor, name: string, weights: Weights): tf.Tensor {
  const attended = tf.add(x, attention(norm(x, `${name}.norm1`, weights), `${name}.attn`, weights));
  const inner = dense(norm(attended, `${name}.norm2`, weights), `${name}.mlp/fc1`, weights);
  const active = tf.mul(tf.mul(inner, 0.5), tf.add(tf.erf(tf.div(inner, Math.SQRT2)), 1));
  return tf.add(attended, dense(active, `${name}.mlp/fc2`, weights));
}

function attention(x: tf.Tensor, name: string, weights: Weights): tf.Tensor {
  const [batch, tokens] = x.shape as [number, number];
  const qkv = dense(x, `${name}/qkv`, weights);
  const size = qkv.shape[2]! / (3 * HEADS);
  const split = tf.transpose(tf.reshape(qkv, [batch, tokens, 3 * HEADS, size]), [0, 2, 1, 3]);
  const [q, k, v] = tf.split(split, 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(size));
  const out = tf.transpose(tf.matMul(tf.softmax(scores), v), [0, 2, 1, 3]);
  return dense(tf.reshape(out, [batch, tokens, HEADS * size]), `${name}/proj`, weights);
}

function norm(x: tf.Tensor, name: string, weights: Weights): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const normed = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, EPSILON)));
  return tf.add(tf.mul(normed, weights(`${name}/gamma`)), weights(`${name}/beta`));
}

function dense(x: tf.Tensor, name: string, weights: Weights): tf.Tensor {
  const [batch, tokens, inputs] = x.shape as [number, number, number];
  const kernel = weights(`${name}.kernel`);
  const rows = tf.reshape(x, [batch * tokens, inputs]);
  return tf.reshape(tf.add(tf.matMul(rows, kernel), weights(`${name}.bias`)), [
    batch,
    tokens,
    kernel.shape[1]!,
  ]);
}
