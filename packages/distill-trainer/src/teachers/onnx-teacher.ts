import * as tf from "@tensorflow/tfjs-core";
import { type Checks, check, having, oneOf, optional, requireArguments, requireOptions } from "known-options";
import { fromFloat16, toFloat16 } from "safetensors-io";
import { toUnitRange } from "../models/preprocess.ts";
import { logitsOf } from "./logits-of.ts";
import { chooseOutput, MODEL_TEACHER_CHECKS, type ModelTeacherOptions } from "./model-output.ts";
import type { OnnxRuntime, OnnxSession, OnnxTensor } from "./onnx-runtime.ts";
import type { Teacher } from "./teacher.ts";

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
 * Creates a {@link Teacher} from an ONNX model, run by the given module of ONNX Runtime. The session stays the caller's. Images
 * and logits are copied between tfjs' backend and the runtime.
 *
 * A model with a fixed batch size is run repeatedly, the last time padded with repeated images. A float16 model is fed
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
): Teacher {
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
  /** `[images, …]` pixels to `[images, classes]`. */
  async function run(pixels: Float32Array, shape: readonly number[]): Promise<Float32Array> {
    const feed = input.isHalf
      ? new runtime.Tensor("float16", Uint16Array.from(pixels, toFloat16), shape)
      : new runtime.Tensor("float32", pixels, shape);
    const results = await session.run({ [input.name]: feed });
    const values = await floatsOf(results[name]!);
    for (const tensor of [feed, ...Object.values(results)]) tensor.dispose();
    return values;
  }
  const reader = logitsOf("onnxTeacher", { outputs: given }, async (images) => {
    const inputs = tf.tidy(() => arrange(images));
    const pixels = (await inputs.data()) as Float32Array;
    const [count = 0, ...rest] = inputs.shape;
    inputs.dispose();
    const rows = input.batch ?? count;
    const stride = pixels.length / count;
    const logits = new Float32Array(count * classes);
    for (let start = 0; start < count; start += rows) {
      const some = Math.min(rows, count - start);
      const part = repeated(pixels.subarray(start * stride, (start + some) * stride), rows * stride);
      logits.set((await run(part, [rows, ...rest])).subarray(0, some * classes), start * classes);
    }
    return tf.tensor2d(logits, [count, classes], "float32");
  });
  return Object.assign(reader, { classes });
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
