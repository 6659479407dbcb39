import * as tf from "@tensorflow/tfjs-core";
import {
  type Checks,
  check,
  having,
  oneOf,
  optional,
  requireArguments,
  requireOptions,
  suggestion,
} from "known-options";
import { fromFloat16, toFloat16 } from "safetensors-io";
import { listOf } from "../models/layers-of-model.ts";
import { toUnitRange } from "../models/preprocess.ts";
import { logitsOf } from "./logits-of.ts";
import { chooseOutput, MODEL_TEACHER_CHECKS, type ModelTeacherOptions } from "./model-output.ts";
import type { OnnxRuntime, OnnxSession, OnnxTensor } from "./onnx-runtime.ts";
import type { LayeredTeacher } from "./teacher.ts";

/** Options of {@link onnxTeacher}. */
export interface OnnxTeacherOptions extends ModelTeacherOptions {
  /** Order of the input's dimensions. Default `"NCHW"`, channels first, as in PyTorch. */
  readonly layout?: "NCHW" | "NHWC";
}

const CHECKS: Checks<OnnxTeacherOptions> = {
  ...MODEL_TEACHER_CHECKS,
  layout: optional(oneOf("NCHW", "NHWC")),
};

/**
 * Creates a {@link LayeredTeacher} from an ONNX model, run by the given module of ONNX Runtime. The session stays the caller's. Images
 * and logits are copied between tfjs' backend and the runtime.
 *
 * Inner layers are the session's other outputs, by name, with channels first as in the input's layout: an inner tensor must be
 * among the model's outputs to be read. A model with a fixed batch size is run repeatedly, the last time padded with repeated images. A float16 model is fed
 * float16. A session does not expose its operations: probabilities are recognized by the first rows, and a sigmoid needs
 * `outputs: "sigmoid"`.
 *
 * @param session - Session with one float32 or float16 input.
 * @throws TypeError for an argument of the wrong type. RangeError if the session has several inputs or one of another type, or
 * the output with the classes, or their number, is ambiguous. `logits` throws an Error if the outputs are not finite.
 *
 * @example
 * ```ts norun
 * import * as ort from "onnxruntime-web"; // or onnxruntime-node
 *
 * const session = await ort.InferenceSession.create("regnety_160.onnx");
 * const teacher = onnxTeacher(ort, session, { preprocess: normalize(IMAGENET_NORMALIZATION) });
 * ```
 */
export function onnxTeacher(
  runtime: OnnxRuntime,
  session: OnnxSession,
  options: OnnxTeacherOptions = {},
): LayeredTeacher {
  requireOptions("onnxTeacher", options, CHECKS);
  requireArguments(
    "onnxTeacher",
    { runtime, session },
    {
      runtime: check(
        "onnxruntime, a module with Tensor",
        (it) => typeof (it as OnnxRuntime | null)?.Tensor === "function",
      ),
      session: having(
        "an InferenceSession",
        (it) => Array.isArray(it.inputNames) && Array.isArray(it.outputNames),
      ),
    },
  );
  const { preprocess = toUnitRange, layout = "NCHW", outputs: given } = options;
  const input = inputOf(session);
  const shapes = new Map(session.outputMetadata?.map(({ name, shape }) => [name, shape]));
  const outputs = session.outputNames.map((name) => ({ name, shape: shapes.get(name) }));
  const { name, classes } = chooseOutput("onnxTeacher", outputs, options);
  const arrange = (images: tf.Tensor): tf.Tensor => {
    const inputs = preprocess(images);
    return layout === "NCHW" ? tf.transpose(inputs, [0, 3, 1, 2]) : tf.clone(inputs); // it may be its argument
  };
  /** Runs the session on pixels of a shape `[images, …]`. */
  async function runSession(pixels: Float32Array, shape: readonly number[], names: readonly string[]) {
    const feed = input.isHalf
      ? new runtime.Tensor("float16", Uint16Array.from(pixels, toFloat16), shape)
      : new runtime.Tensor("float32", pixels, shape);
    const results = await session.run({ [input.name]: feed }, names);
    const read = names.map(async (one) => {
      const tensor = results[one]!;
      return { values: await floatsOf(tensor), dims: tensor.dims };
    });
    const all = await Promise.all(read);
    for (const tensor of [feed, ...Object.values(results)]) tensor.dispose();
    return all;
  }
  const run = async (images: tf.Tensor, layers: readonly string[]): Promise<tf.Tensor[]> => {
    const inputs = tf.tidy(() => arrange(images));
    const pixels = (await inputs.data()) as Float32Array;
    const [count = 0, ...rest] = inputs.shape;
    inputs.dispose();
    const rows = input.batch ?? count;
    const stride = pixels.length / count;
    const names = [name, ...layers];
    const parts: tf.Tensor[][] = names.map(() => []);
    for (let start = 0; start < count; start += rows) {
      const some = Math.min(rows, count - start);
      const part = repeated(pixels.subarray(start * stride, (start + some) * stride), rows * stride);
      const results = await runSession(part, [rows, ...rest], names);
      results.forEach(({ values, dims: [all = rows, ...sides] }, i) => {
        parts[i]!.push(
          tf.tensor(values.subarray(0, (values.length / all) * some), [some, ...sides], "float32"),
        );
      });
    }
    const joined = parts.map((part) => (part.length === 1 ? part[0]! : tf.concat(part)));
    tf.dispose(parts.filter((part) => part.length > 1));
    return joined.map((tensor, i) => (i > 0 ? channelsLast(tensor, layout) : tensor));
  };
  const shapeOf = (layer: string): readonly (number | null)[] => {
    if (!session.outputNames.includes(layer)) {
      const names = session.outputNames;
      throw new RangeError(
        `onnxTeacher: the session must have an output '${layer}', got ${listOf(names)}${suggestion(layer, names)}`,
      );
    }
    const shape = shapes.get(layer);
    if (shape === undefined) {
      throw new RangeError(`onnxTeacher: the runtime does not tell the shape of '${layer}': use a newer one`);
    }
    const sides = shape.slice(1).map((side) => (typeof side === "number" && side > 0 ? side : null));
    const [channels = null, ...places] = sides;
    return sides.length === 3 && layout === "NCHW" ? [...places, channels] : sides;
  };
  return Object.assign(logitsOf("onnxTeacher", { outputs: given }, run, { shapeOf }), { classes });
}

/** Moves a map's channels to the end; frees the argument. */
function channelsLast(tensor: tf.Tensor, layout: "NCHW" | "NHWC"): tf.Tensor {
  if (tensor.rank !== 4 || layout === "NHWC") return tensor;
  const moved = tf.transpose(tensor, [0, 2, 3, 1]);
  tensor.dispose();
  return moved;
}

interface Input {
  readonly name: string;
  readonly isHalf: boolean;
  /** Fixed batch size, if any. */
  readonly batch: number | undefined;
}

function inputOf({ inputNames, inputMetadata }: OnnxSession): Input {
  const [name, ...others] = inputNames;
  if (name === undefined || others.length > 0) {
    throw new RangeError(`onnxTeacher: the session must have one input, got [${inputNames}]`);
  }
  const { type = "float32", shape } = inputMetadata?.find((one) => one.name === name) ?? {};
  if (type !== "float32" && type !== "float16") {
    throw new RangeError(`onnxTeacher: the input '${name}' must be float32 or float16, got ${type}`);
  }
  const rows = Number(shape?.[0]); // unknown and without a name: -1, as unsigned in ONNX Runtime Web
  const batch = rows > 0 && rows < 2 ** 31 ? rows : undefined;
  return { name, isHalf: type === "float16", batch };
}

/** Returns a copy of a result's values as float32. */
async function floatsOf(tensor: OnnxTensor): Promise<Float32Array> {
  const values = await tensor.getData();
  if (tensor.type === "float16" && values instanceof Uint16Array)
    return Float32Array.from(values, fromFloat16);
  return Float32Array.from(values as ArrayLike<number>);
}

/** Repeats values up to `length`. */
function repeated(values: Float32Array, length: number): Float32Array {
  if (values.length === length) return values;
  return Float32Array.from({ length }, (_, i) => values[i % values.length]!);
}
