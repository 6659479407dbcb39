import * as tf from "@tensorflow/tfjs-core";
import { softmaxCrossEntropy } from "distill-trainer";
import { interleaved } from "../measure.ts";
import type { Recorder } from "../report.ts";
import { withOurs } from "./kernels.ts";
import { resnet50 } from "./resnet-model.ts";
import type { PartOptions } from "./suite.ts";

const SIDE = 128;
const CLASSES = 5;

/** A teacher's training pass, which stock tfjs cannot do on WASM at all. */
export async function resnetRow(recorder: Recorder, { quick, ceiling }: PartOptions): Promise<void> {
  const batch = quick ? 2 : 4;
  const model = resnet50(CLASSES);
  const images = tf.randomUniform([batch, SIDE, SIDE, 3], -1, 1, "float32", 1) as tf.Tensor4D;
  const targets = tf.tidy(
    () => tf.oneHot(tf.range(0, batch, 1, "int32") as tf.Tensor1D, CLASSES, 1, 0, "float32") as tf.Tensor2D,
  );
  const loss = () => tf.mean(softmaxCrossEntropy(targets, model.apply(images))) as tf.Scalar;
  const step = () => {
    const { value, grads } = tf.variableGrads(loss, model.variables);
    const finite = Number.isFinite(value.dataSync()[0]);
    tf.dispose([value, grads]);
    if (!finite) throw new Error("bench: expected ResNet-50's loss to be finite");
  };

  const [milliseconds, flops] = await withOurs(async () => {
    tf.tidy(() => model.apply(images)); // makes the weights
    const forward = model.gigaflops;
    step();
    const [median] = await interleaved([{ run: step }], { rounds: quick ? 1 : 5 });
    return [median!, forward];
  });
  recorder.add({
    id: `ResNet-50 (GroupNorm, weight-standardised) ${SIDE}², forward + backward, micro-batch ${batch}`,
    ours: batch / (milliseconds / 1e3),
    other: null,
    otherName: stockAnswer(() => tf.dispose(tf.variableGrads(loss, model.variables))),
    unit: "images/s",
    ratio: null,
    target: null,
    limit: (ceiling * batch) / (3 * flops),
  });
  model.dispose();
  tf.dispose([images, targets]);
}

/** Whether stock tfjs trains the model: its own words if not. */
function stockAnswer(train: () => void): string {
  if (tf.getKernel("Conv2DBackpropFilter", "wasm")) {
    train();
    return "stock tfjs can";
  }
  return "stock tfjs cannot (no Conv2DBackpropFilter)";
}
