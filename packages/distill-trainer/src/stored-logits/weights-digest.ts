import type * as tfl from "@tensorflow/tfjs-layers";
import { MODEL, requireArguments } from "known-options";

/**
 * Computes a digest of a model's weights: SHA-256 over the shapes and values of all of them, in the model's order.
 *
 * @returns 64 hexadecimal digits. Names do not count, because tfjs numbers them through the process.
 *
 * @example
 * console.log((await weightsDigest(model)).length); // 64
 */
export async function weightsDigest(model: tfl.LayersModel): Promise<string> {
  requireArguments("weightsDigest", { model }, { model: MODEL });
  let digest = new Uint8Array(0);
  for (const weight of model.getWeights()) {
    const { buffer, byteOffset, byteLength } = await weight.data();
    const parts = [
      digest,
      new TextEncoder().encode(`[${weight.shape}]`),
      new Uint8Array(buffer, byteOffset, byteLength),
    ];
    digest = new Uint8Array(await crypto.subtle.digest("SHA-256", joined(parts)));
  }
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
