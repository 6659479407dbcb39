import type * as tf from "@tensorflow/tfjs-core";
import { toFloat16 } from "safetensors-io";
import { typeName } from "./attribute.ts";
import type { Constant, NodeDef } from "./graph-builder.ts";

/** An input or an output of a graph. */
interface Port {
  readonly name: string;
  readonly dtype: tf.DataType;
  /** `null`: any size. */
  readonly shape: readonly (number | null)[];
}

/** A graph with its constants. */
export interface Graph {
  readonly nodes: readonly NodeDef[];
  readonly constants: readonly Constant[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** Version of TensorFlow's graphs that the nodes are of: that of TensorFlow 2.10. */
const PRODUCER = 1205;

/**
 * A graph in the form in which tfjs saves and loads models.
 *
 * @throws RangeError that names a constant with a finite number that float16 cannot hold.
 */
export function artifactsOf(
  { nodes, constants, inputs, outputs }: Graph,
  weightDtype: "float32" | "float16",
  metadata: Readonly<Record<string, unknown>> | undefined,
): tf.io.ModelArtifacts {
  const isHalf = ({ dtype, shape }: Constant): boolean =>
    weightDtype === "float16" && dtype === "float32" && shape.length > 0; // a scalar may be an epsilon
  const bytes = constants.map((constant) => bytesOf(isHalf(constant) ? halved(constant) : constant.values));
  const weightData = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of bytes) {
    weightData.set(part, at);
    at += part.length;
  }
  return {
    format: "graph-model",
    generatedBy: "tfjs-to-graph",
    convertedBy: null as unknown as string, // as tfjs itself has it
    modelTopology: { node: nodes, library: {}, versions: { producer: PRODUCER, minConsumer: 12 } },
    weightSpecs: constants.map((constant): tf.io.WeightsManifestEntry => {
      const { name, shape, dtype } = constant as Constant & { readonly dtype: "float32" };
      const spec = { name, shape: [...shape], dtype };
      return isHalf(constant) ? { ...spec, quantization: FLOAT16 } : spec;
    }),
    weightData: weightData.buffer,
    signature: { inputs: signatureOf(inputs), outputs: signatureOf(outputs) },
    ...(metadata !== undefined && { userDefinedMetadata: { ...metadata } as { [key: string]: object } }),
  };
}

function signatureOf(ports: readonly Port[]): Record<string, unknown> {
  return Object.fromEntries(
    ports.map(({ name, dtype, shape }) => [
      name,
      {
        ...{ name: `${name}:0`, dtype: typeName(dtype) },
        tensorShape: { dim: shape.map((side) => ({ size: String(side ?? -1) })) },
      },
    ]),
  );
}

/** Half the bytes: `tf.loadGraphModel` makes float32 of them. */
const FLOAT16 = { dtype: "float16" } as NonNullable<tf.io.WeightsManifestEntry["quantization"]>;

function halved({ name, values }: Constant): Uint16Array {
  return Uint16Array.from(values, (value) => {
    const half = toFloat16(value);
    if ((half & 0x7fff) === 0x7c00 && Number.isFinite(value))
      throw new RangeError(`toGraphModel: '${name}' must be within ±65504 for float16, got ${value}`);
    return half;
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
