import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { bit, bitSizes, StdConv2D } from "bit-teacher";
import { softmaxCrossEntropy } from "distill-trainer";
import { type Contestant, interleaved } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import type { PartOptions } from "../part-options.ts";
import { enterOurs } from "../which-kernels.ts";

const CLASSES = 5;

/** BiT's R50x1, a teacher: its answers, and its training pass, which tfjs' own kernels cannot do on WASM at all. */
export async function resnetRows(recorder: Recorder, options: PartOptions): Promise<void> {
  await forwardRow(recorder, options);
  await trainingRow(recorder, options, 224, options.quick ? 1 : 2);
  await trainingRow(recorder, options, 128, options.quick ? 2 : 4);
}

async function forwardRow(recorder: Recorder, { quick, ceiling }: PartOptions): Promise<void> {
  const { model, images, flops, dispose } = setUp(224, 1);
  const logits = new Map<string, Float32Array>();
  const answer = (name: string) => {
    const y = model.predict(images) as tf.Tensor2D;
    logits.set(name, y.dataSync() as Float32Array);
    y.dispose();
  };
  const sides: Contestant[] = [{ run: () => answer("ours"), enter: enterOurs }, { run: () => answer("own") }];
  await interleaved(sides, { rounds: 1 }); // warms both up
  requireSame(logits.get("ours")!, logits.get("own")!);
  const [ours, own] = await interleaved(sides, { rounds: quick ? 3 : 7 });
  const id = "BiT R50x1 224², forward, one image";
  const limit = ceiling / flops;
  recorder.add(rateRow(id, 1e3 / ours!, 1e3 / own!, "tfjs WASM", "images/s", 2, limit));
  dispose();
}

async function trainingRow(
  recorder: Recorder,
  { quick, ceiling }: PartOptions,
  side: number,
  batch: number,
): Promise<void> {
  const { model, images, flops, dispose } = setUp(side, batch);
  const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const targets = tf.tidy(
    () => tf.oneHot(tf.range(0, batch, 1, "int32") as tf.Tensor1D, CLASSES, 1, 0, "float32") as tf.Tensor2D,
  );
  const loss = () => tf.mean(softmaxCrossEntropy(targets, model.apply(images) as tf.Tensor2D)) as tf.Scalar;
  const step = () => {
    const { value, grads } = tf.variableGrads(loss, variables);
    const finite = Number.isFinite(value.dataSync()[0]);
    tf.dispose([value, grads]);
    if (!finite) throw new Error("bench: expected R50x1's loss to be finite");
  };
  const sides = [
    { run: step, enter: () => enterOurs() },
    { run: step, enter: () => enterOurs({ wide: "off" }) },
  ];
  await interleaved(sides, { rounds: 1 });
  const [ours, narrow] = await interleaved(sides, { rounds: quick ? 1 : 5 });
  const rates = [batch / (ours! / 1e3), batch / (narrow! / 1e3)] as const;
  const id = `BiT R50x1 ${side}², forward + backward, micro-batch ${batch}`;
  const target = side === 224 ? 1.7 : null;
  recorder.add(rateRow(id, ...rates, "our 128-bit build", "images/s", target, ceiling / (3 * flops)));
  recorder.note(
    `The same on tfjs' own WASM kernels: ${ownTraining(() => tf.dispose(tf.variableGrads(loss, variables)))}.`,
  );
  targets.dispose();
  dispose();
}

function setUp(side: number, batch: number) {
  const model = bit({ ...bitSizes.r50x1, classes: CLASSES, imageSize: side });
  // The head starts at zero, which would hide what the rest computes and stop all gradients before it.
  const head = model.getLayer("head.fc");
  const [kernel] = head.getWeights() as [tf.Tensor2D];
  tf.tidy(() => head.setWeights([tf.randomNormal(kernel.shape, 0, 0.02, "float32", 2), tf.zeros([CLASSES])]));
  const images = tf.randomUniform([batch, side, side, 3], -1, 1, "float32", 1) as tf.Tensor4D;
  const dispose = () => {
    model.dispose();
    images.dispose();
  };
  return { model, images, flops: gigaflops(model), dispose };
}

/** Multiplications and additions of the convolutions for one image. */
function gigaflops(model: tfl.LayersModel): number {
  let flops = 0;
  for (const layer of model.layers) {
    if (!(layer instanceof StdConv2D)) continue;
    const [, height, width] = layer.outputShape as number[];
    flops += 2 * height! * width! * layer.countParams();
  }
  return flops / 1e9;
}

/** float32 through 53 convolutions. */
const TOLERANCE = 1e-3;

function requireSame(ours: Float32Array, own: Float32Array): void {
  const scale = Math.max(...own.map(Math.abs));
  const apart = Math.max(...ours.map((value, i) => Math.abs(value - own[i]!)));
  if (!(apart < TOLERANCE * scale))
    throw new Error(`bench: expected the logits of tfjs' own kernels, got ${apart} beside ${scale}`);
}

/** Whether tfjs' own kernels trains the model: its own words if not. */
function ownTraining(train: () => void): string {
  if (tf.getKernel("Conv2DBackpropFilter", "wasm")) {
    train();
    return "tfjs' own kernels can";
  }
  return "tfjs' own kernels cannot (no Conv2DBackpropFilter)";
}
