import * as tf from "@tensorflow/tfjs-core";
import { toUnitRange } from "../preprocess.ts";
import type { Teacher } from "../teacher.ts";
import { chooseOutput, type ModelTeacherOptions } from "./model-output.ts";

/** A tensor of ONNX Runtime. */
export interface OnnxTensor {
  readonly dims: readonly number[];
  /** Its numbers, from wherever they lie. */
  getData(): Promise<unknown>;
  dispose(): void;
}

/** What is needed of the module: `onnxruntime-node`, `onnxruntime-web` and `onnxruntime-react-native` have it. */
export interface OnnxRuntime {
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => OnnxTensor;
}

/** What is needed of its `InferenceSession`. */
export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly outputMetadata?: readonly {
    readonly name: string;
    readonly shape?: readonly (number | string)[];
  }[];
  run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>;
}

/** Options of {@link onnxTeacher}. */
export interface OnnxTeacherOptions extends ModelTeacherOptions {
  /** Of the model's input: PyTorch's models have channels first. Default `"NCHW"`. */
  readonly layout?: "NCHW" | "NHWC";
}

/**
 * An ONNX model as a {@link Teacher}, run by ONNX Runtime, whose module is given, so that this package needs none. The session
 * stays the caller's. Images and logits are copied between the two, whatever tfjs' backend is.
 *
 * @param session - With one float32 input whose batch size may vary.
 * @throws RangeError if the session has several inputs, or it is not clear which output has the logits or how many classes.
 *
 * @example
 * const session = await ort.InferenceSession.create("regnety_160.onnx"); // ort: onnxruntime-node
 * const teacher = onnxTeacher(ort, session, { preprocess: normalise(IMAGENET_NORMALISATION) });
 */
export function onnxTeacher(
  runtime: OnnxRuntime,
  session: OnnxSession,
  options: OnnxTeacherOptions = {},
): Teacher {
  const { preprocess = toUnitRange, layout = "NCHW" } = options;
  const [input, ...others] = session.inputNames;
  if (input === undefined || others.length > 0) {
    throw new RangeError(`onnxTeacher: the session must have one input, got [${session.inputNames}]`);
  }
  if (layout !== "NCHW" && layout !== "NHWC") {
    throw new RangeError(`onnxTeacher: layout must be NCHW or NHWC, got ${String(layout)}`);
  }
  const shapes = new Map(session.outputMetadata?.map(({ name, shape }) => [name, shape]));
  const outputs = session.outputNames.map((name) => ({ name, shape: shapes.get(name) }));
  const { name, classes } = chooseOutput("onnxTeacher", outputs, options);
  const arrange = (images: tf.Tensor): tf.Tensor => {
    const inputs = preprocess(images);
    return layout === "NCHW" ? tf.transpose(inputs, [0, 3, 1, 2]) : tf.clone(inputs); // it may be its argument
  };
  return {
    classes,
    async logits(images) {
      const inputs = tf.tidy(() => arrange(images));
      const pixels = (await inputs.data()) as Float32Array;
      inputs.dispose();
      const feed = new runtime.Tensor("float32", pixels, inputs.shape);
      const results = await session.run({ [input]: feed });
      const values = (await results[name]!.getData()) as Float32Array;
      const logits = tf.tensor2d(values.slice(), [images.shape[0]!, classes], "float32");
      for (const tensor of [feed, ...Object.values(results)]) tensor.dispose();
      return logits;
    },
  };
}
