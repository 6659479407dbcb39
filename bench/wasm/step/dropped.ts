import type * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { config } from "deit-model";
import { sampleKey } from "sample-keys";
import { KeptSamples } from "stochastic-depth";
import { interleavedTimes, median } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import type { PartOptions } from "../part-options.ts";
import { enterOurs } from "../which-kernels.ts";
import { deitStep } from "./deit-step.ts";
import { gigaflops } from "./model-flops.ts";

const BATCH = 16;
const RATES = [0.1, 0.3] as const;

/** Gain of not computing the branches that stochastic depth drops, against computing them and multiplying by a mask. */
export async function droppedRows(recorder: Recorder, { quick, ceiling }: PartOptions): Promise<void> {
  for (const dropPathRate of RATES) {
    const sides = [true, false].map((skip) => side(dropPathRate, skip));
    await interleavedTimes(sides, { rounds: 1 });
    const [skipped, masked] = await interleavedTimes(sides, { rounds: quick ? 5 : 21 });
    // Each batch drops other samples: the ratio is that of pairs with the same ones.
    const gain = median(masked!.map((ms, round) => ms / skipped![round]!));
    const rate = BATCH / (median(skipped!) / 1e3);
    recorder.add(
      rateRow(
        `dropped branches left out, stochastic depth 0 to ${dropPathRate}: forward + backward, micro-batch ${BATCH}`,
        rate,
        rate / gain,
        "all branches computed, then masked",
        "images/s",
        null,
        ceiling / gigaflops(config.deitTiny, { backward: true }),
      ),
    );
    for (const { dispose } of sides) dispose();
  }
}

function side(dropPathRate: number, skip: boolean) {
  let round = 0;
  const keys = () => Uint32Array.from({ length: BATCH }, (_, row) => sampleKey(1, round, row));
  const step = deitStep({ ...config.deitTiny, dropPathRate }, BATCH, (model, images) => {
    round++;
    return model.apply(images, { training: true, sampleKeys: keys() }) as tf.Tensor[];
  });
  for (const block of step.model.layers) {
    if (!(block instanceof tfl.LayersModel)) continue;
    // What `skip: false` of the layer does, for a model that is built already.
    for (const layer of block.layers) if (layer instanceof KeptSamples) Object.assign(layer, { skip });
  }
  return { run: () => step.forwardBackward(), enter: () => enterOurs(), dispose: () => step.dispose() };
}
