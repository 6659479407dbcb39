import type { Recorder } from "../../report.ts";
import { ALONE, runRanks } from "../programs.ts";
import type { ModelCompute } from "../scaling/measured.ts";
import type { TrainedModel, TrainingFigures } from "../training.ts";

const MODELS: readonly { readonly model: TrainedModel; readonly name: string }[] = [
  { model: "deitTiny", name: "DeiT-Ti/16" },
  { model: "deitSmall", name: "DeiT-S/16" },
  { model: "deitBase", name: "DeiT-B/16" },
];

/** Time of a step on one core by its rows: a line through two batch sizes. */
export async function computeOf(recorder: Recorder, quick: boolean): Promise<ModelCompute[]> {
  const compute: ModelCompute[] = [];
  for (const { model, name } of MODELS) {
    const [few, many] = model === "deitTiny" ? [4, 24] : [2, quick ? 4 : 8];
    const steps = quick ? 1 : 2;
    const run = (batchSize: number) =>
      runRanks<TrainingFigures>(ALONE, "training.ts", { model, batchSize, steps, bf16: false });
    const [short, long] = [await run(few), await run(many)];
    const perImage = (long.step - short.step) / (many - few);
    const perStep = Math.max(0, short.step - few * perImage);
    compute.push({ name, parameters: long.parameters, perImage, perStep });
    recorder.add({
      id: `training of ${name} 224² on one core: forward and backward pass of an image`,
      ...{ ours: 1e3 * perImage, other: null, otherName: "–", unit: "ms", ratio: null, target: null },
    });
  }
  return compute;
}
