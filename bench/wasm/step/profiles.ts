import { config } from "deit-model";
import type { Recorder } from "../../report.ts";
import type { PartOptions } from "../part-options.ts";
import { withOurs } from "../which-kernels.ts";
import { deitStep } from "./deit-step.ts";
import { profile, profileText } from "./profile.ts";

const BATCH = 8;

/** Time of our forward and backward pass by kernel. */
export async function stepProfile(recorder: Recorder, { quick }: PartOptions): Promise<void> {
  const step = deitStep(config.deitTiny, BATCH);
  const title = `Where the time goes: DeiT-Ti/16 224², head size 64, forward + backward, micro-batch ${BATCH}`;
  const measured = await withOurs(() => profile(title, BATCH, () => step.forwardBackward(), quick ? 3 : 9));
  step.dispose();
  recorder.profiles.push(measured);
  recorder.say(`\n${title}\n\n${profileText(measured)}\n`);
}
