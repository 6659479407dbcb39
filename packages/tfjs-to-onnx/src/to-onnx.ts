import type * as tfl from "@tensorflow/tfjs-layers";
import {
  type Checks,
  check,
  MODEL,
  OBJECT,
  oneOf,
  optional,
  requireArguments,
  requireOptions,
  STRING,
} from "known-options";
import { type Dimension, OnnxGraph } from "onnx-writer";
import { Builder } from "./builder.ts";
import type { Converter } from "./converter.ts";
import { CONVERTERS } from "./converters.ts";
import { planes, type Value, value } from "./value.ts";
import { walk } from "./walk.ts";

/** Options of {@link toOnnx}. */
export interface ToOnnxOptions {
  /** Version of ONNX's operators, in [17, 24]. Default 17. */
  readonly opset?: number;
  /** Order of the axes of inputs and outputs of rank 4. Default `"NCHW"`, as in models of PyTorch. */
  readonly layout?: "NCHW" | "NHWC";
  /** Names of the inputs. Default: the model's. */
  readonly inputNames?: readonly string[];
  /** Names of the outputs. Default: the model's. */
  readonly outputNames?: readonly string[];
  /**
   * How products with weights are computed. `"int8"`: each column of the weights has a scale and integers, and the other factor is
   * rounded to 8 bits as it runs (dynamic quantization); convolutions stay as they are. Default `"float32"`.
   */
  readonly products?: "float32" | "int8";
  /** Converters of your own layers, by class name. They take precedence. */
  readonly converters?: Readonly<Record<string, Converter>>;
  /** Text about the model, in the file. */
  readonly description?: string;
  /** Pairs that programs can read back, such as class names. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const OPSETS = check(
  "an integer in [17, 24]",
  (it) => Number.isInteger(it) && Number(it) >= 17 && Number(it) <= 24,
);
const NAMES = check(
  "a list of names",
  (it) => Array.isArray(it) && it.every((name) => STRING.fits(name) && name !== ""),
);
const CHECKS: Checks<ToOnnxOptions> = {
  opset: optional(OPSETS),
  layout: optional(oneOf("NCHW", "NHWC")),
  inputNames: optional(NAMES),
  outputNames: optional(NAMES),
  products: optional(oneOf("float32", "int8")),
  converters: optional(OBJECT),
  description: optional(STRING),
  metadata: optional(OBJECT),
};

/**
 * Converts a tfjs layers model to an ONNX file.
 *
 * The model's inference, in float32, for any batch: layers that act in training only are left out, nested models are flattened. Inputs
 * and outputs have the model's shapes and, in `"NCHW"`, channels before height and width. Layers of tfjs, `vit-blocks` and `bit-teacher`
 * are known; others by `converters`.
 *
 * @param model - Not changed, and not disposed.
 * @returns The file's bytes.
 * @throws Error that names the first layer without a converter, or what of it cannot be converted. TypeError for an unknown option.
 * RangeError for names that are not as many as the model has inputs or outputs.
 * @see https://onnx.ai/onnx/operators
 *
 * @example
 * import { vit } from "deit-model";
 *
 * const student = vit({ imageSize: 16, patchSize: 8, dim: 12, depth: 1, heads: 3, classes: 5 });
 * const file = await toOnnx(student, { inputNames: ["pixel_values"], outputNames: ["logits"] });
 * console.log(file.length > 0); // true
 */
export async function toOnnx(model: tfl.LayersModel, options: ToOnnxOptions = {}): Promise<Uint8Array> {
  requireOptions("toOnnx", options, CHECKS);
  requireArguments("toOnnx", { model }, { model: MODEL });
  const { opset = 17, layout = "NCHW", products = "float32" } = options;
  // A sequential model has no lists of names.
  const { inputNames = model.inputs.map(({ sourceLayer }) => sourceLayer.name), converters = {} } = options;
  const { outputNames = model.outputs.map(({ sourceLayer }) => sourceLayer.name) } = options;
  requireAsMany("inputNames", inputNames, model.inputs.length);
  requireAsMany("outputNames", outputNames, model.outputs.length);

  const weights = new Map<tfl.LayerVariable, Float32Array>();
  for (const weight of model.weights) weights.set(weight, (await weight.read().data()) as Float32Array);
  const graph = new OnnxGraph({ name: model.name, opset });
  const to = new Builder(graph, products);
  const isPlanes = (shape: tfl.Shape) => shape.length === 4 && layout === "NCHW";
  const inputs = model.inputs.map(({ shape, dtype }, i): Value => {
    if (dtype !== "float32") throw new Error(`toOnnx: inputs must be of float32, got ${dtype}`);
    const name = graph.input(inputNames[i]!, "float32", sizes(shape, isPlanes(shape)));
    return isPlanes(shape) ? planes(name, shape) : value(name, shape);
  });
  const outputs = walk(model, inputs, "", { converters: { ...CONVERTERS, ...converters }, weights, to });
  for (const [i, output] of outputs.entries()) {
    const { shape } = output;
    const computed = isPlanes(shape) ? to.planes(output) : to.plain(output);
    const name = graph.node("Identity", [computed], {}, { outputs: [outputNames[i]!] });
    graph.output(name, "float32", sizes(shape, isPlanes(shape)));
  }
  const { description = "", metadata = {} } = options;
  return graph.file({ producer: "tfjs-to-onnx", description, metadata });
}

/** Names of axes that may have any size: runtimes want one name for the batch of all inputs and outputs. */
function sizes(shape: tfl.Shape, channelsFirst: boolean): Dimension[] {
  const named = shape.map((side, axis) => side ?? (axis === 0 ? "batch_size" : `axis_${axis}`));
  return channelsFirst ? [named[0]!, named[3]!, named[1]!, named[2]!] : named;
}

function requireAsMany(option: string, names: readonly string[], count: number): void {
  if (names.length !== count) {
    throw new RangeError(`toOnnx: ${option} must be ${count} names, got ${names.length}`);
  }
}
