import type * as tf from "@tensorflow/tfjs-core";
import { config } from "deit-model";
import { sampleKey } from "sample-keys";
import { interleavedTimes, median } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import type { PartOptions } from "../part-options.ts";
import { enterOurs } from "../which-kernels.ts";
import { deitStep } from "./deit-step.ts";
import { gigaflops } from "./model-flops.ts";

const BATCH = 8;
const RATES = [0.25, 0.5] as const;

/** Gain of training on a part of the patches, against all of them: one run has both rates and none. */
export async function patchDropoutRows(recorder: Recorder, { quick, ceiling }: PartOptions): Promise<void> {
  const sides = [0, ...RATES].map(side);
  await interleavedTimes(sides, { rounds: 1 }); // warm
  const times = await interleavedTimes(sides, { rounds: quick ? 3 : 15 });
  const [all, ...dropped] = times.map((each) => BATCH / (median(each) / 1e3));
  RATES.forEach((rate, i) => {
    recorder.add(
      rateRow(
        `patch dropout of ${rate}, DeiT-Ti/16 224²: forward + backward, micro-batch ${BATCH}`,
        dropped[i]!,
        all!,
        "all patches",
        "images/s",
        null,
        ceiling / gigaflops({ ...config.deitTiny, patchDropRate: rate }, { backward: true }),
      ),
    );
  });
  for (const { dispose } of sides) dispose();
}

/** A step that draws other patches each time, as a training's does. */
function side(patchDropRate: number) {
  let round = 0;
  const keys = () => Uint32Array.from({ length: BATCH }, (_, row) => sampleKey(1, round, row));
  // Without stochastic depth, whose dropped branches would be left out too.
  const step = deitStep({ ...config.deitTiny, dropPathRate: 0, patchDropRate }, BATCH, (model, images) => {
    round++;
    return model.apply(images, { training: true, sampleKeys: keys() }) as tf.Tensor[];
  });
  return { run: () => step.forwardBackward(), enter: () => enterOurs(), dispose: () => step.dispose() };
}
