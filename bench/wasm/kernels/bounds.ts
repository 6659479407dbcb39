import * as tf from "@tensorflow/tfjs-core";
import { interleaved, repeatsFor, timeRepeated } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import type { PartOptions } from "../part-options.ts";
import { enterOurs } from "../which-kernels.ts";

/** The widest activation of a MobileNetV2 at 224², four images. */
const SHAPE: [number, number, number, number] = [4, 112, 112, 96];
const BYTES = 4;

/** The upper bound of ReLU6, of which a MobileNet has 35; the limit is what `Float32Array.set` copies. */
export async function boundsRow(recorder: Recorder, { quick }: PartOptions): Promise<void> {
  const x = tf.randomUniform(SHAPE, -1, 9, "float32", 1);
  const six = tf.scalar(6);
  const run = () => tf.minimum(x, six).dispose();
  const [ours, own] = await interleaved([{ run, enter: () => enterOurs() }, { run }], {
    rounds: quick ? 5 : 15,
  });
  const gigabytes = (2 * BYTES * x.size) / 1e9; // read once, written once
  const [from, to] = [new Float32Array(x.size), new Float32Array(x.size)];
  const copy = () => to.set(from);
  const limit = gigabytes / (timeRepeated(copy, repeatsFor(copy, 100)) / 1e3);
  const id = `min(x, 6) of ${SHAPE.join("×")} numbers`;
  recorder.add(
    rateRow(id, gigabytes / (ours! / 1e3), gigabytes / (own! / 1e3), "tfjs' own kernels", "GB/s", 4, limit),
  );
  tf.dispose([x, six]);
}
