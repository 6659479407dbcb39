import * as tf from "@tensorflow/tfjs-core";
import { toFloat16 } from "safetensors-io";

/**
 * A model's artifacts with its float32 weights as float16, as tfjs' converter writes them (`--quantize_float16`); the optimizer's
 * weights stay.
 *
 * @throws RangeError that names a weight with a finite number that float16 cannot hold.
 */
export function halved(artifacts: tf.io.ModelArtifacts): tf.io.ModelArtifacts {
  const { weightSpecs = [], weightData } = artifacts;
  const bytes = tf.io.CompositeArrayBuffer.join(weightData);
  const parts: Uint8Array[] = [];
  let at = 0;
  const specs = weightSpecs.map((spec): tf.io.WeightsManifestEntry => {
    const count = spec.shape.reduce((size, side) => size * side, 1);
    const end = at + count * (spec.dtype === "bool" ? 1 : 4);
    const part = bytes.slice(at, end);
    at = end;
    if (spec.dtype !== "float32" || spec.group === "optimizer") {
      parts.push(new Uint8Array(part));
      return spec;
    }
    const halves = Uint16Array.from(new Float32Array(part), (value) => halfOf(spec.name, value));
    parts.push(new Uint8Array(halves.buffer));
    return { ...spec, quantization: { dtype: "float16" } as NonNullable<typeof spec.quantization> };
  });
  const joined = Uint8Array.from(Buffer.concat(parts));
  return { ...artifacts, weightSpecs: specs, weightData: joined.buffer };
}

function halfOf(name: string, value: number): number {
  const half = toFloat16(value);
  if ((half & 0x7fff) === 0x7c00 && Number.isFinite(value))
    throw new RangeError(`saveModel: '${name}' must be within ±65504 for float16, got ${value}`);
  return half;
}
