import { config, type VitSize } from "deit-model";
import { interleaved, median, timeOnce } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import type { PartOptions } from "../part-options.ts";
import { enterOurs } from "../which-kernels.ts";
import { type DeitStep, deitStep } from "./deit-step.ts";
import { gigaflops } from "./model-flops.ts";
import { plainLogits } from "./plain-deit.ts";

const BATCH = 8;
/** Micro-batch of tfjs' own kernels where time is short; the full run gives their rate per image at both. */
const OWN_BATCH = 1;

/** Whole passes of DeiT-Ti/16 at 224² through the same model code, our kernels in place and not. */
export async function endToEndRows(recorder: Recorder, options: PartOptions): Promise<void> {
  const { quick, ceiling } = options;
  const deitTi = ["DeiT-Ti/16 224², head size 64", config.deitTiny] as const;
  const seed = ["the same with head size 192 (the Keras example)", config.keras] as const;
  for (const [name, size, target] of [
    [...deitTi, 16],
    [...seed, 20],
  ] as const) {
    const limit = ceiling / gigaflops(size, { backward: true });
    const [ours, own] = await trainingRates(recorder, size, quick);
    const id = `${name}: forward + backward, micro-batch ${BATCH}`;
    recorder.add(rateRow(id, ours, own, "tfjs' own kernels", "images/s", target, limit));
  }
  await plainRow(recorder, options);
  await forwardRow(recorder, options);
}

/** Images per second of ours and of own. */
async function trainingRates(recorder: Recorder, size: VitSize, quick: boolean): Promise<[number, number]> {
  const ours = deitStep(size, BATCH);
  const own = quick ? deitStep(size, OWN_BATCH) : ours;
  const ourSide = { run: () => ours.forwardBackward(), enter: () => enterOurs() };
  await timeOnce(ourSide); // warm
  // One round of tfjs' own kernels takes as long as ten to twenty of ours, which are timed around it.
  const ourTimes: number[] = [];
  const ownTimes: number[] = [];
  const around = quick ? 2 : 3;
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    for (let i = 0; i < around; i++) ourTimes.push(await timeOnce(ourSide));
    ownTimes.push(await timeOnce({ run: () => own.forwardBackward() }));
  }
  for (let i = 0; i < around; i++) ourTimes.push(await timeOnce(ourSide));
  const rates: [number, number] = [BATCH / (median(ourTimes) / 1e3), own.batch / (median(ownTimes) / 1e3)];
  if (size === config.deitTiny) await noteMicroBatch(recorder, rates[1], quick);
  if (own !== ours) own.dispose();
  ours.dispose();
  return rates;
}

/** States what the quick run relies on, and measures it in the full run: the rate of tfjs' own kernels at the smaller micro-batch. */
async function noteMicroBatch(recorder: Recorder, rate: number, quick: boolean): Promise<void> {
  if (quick) {
    recorder.note(
      `Steps of tfjs' own kernels were timed at micro-batch ${OWN_BATCH} and are given per image.`,
    );
    return;
  }
  const small = deitStep(config.deitTiny, OWN_BATCH);
  const smallRate = small.batch / ((await timeOnce({ run: () => small.forwardBackward() })) / 1e3);
  small.dispose();
  recorder.note(
    `tfjs' own kernels by micro-batch: ${smallRate.toFixed(3)} images/s at ${OWN_BATCH}, ` +
      `${rate.toFixed(3)} at ${BATCH}; \`--quick\` times it at ${OWN_BATCH}.`,
  );
}

/** The model written in plain tfjs operations, as one would without these packages. */
async function plainRow(recorder: Recorder, { quick, ceiling }: PartOptions): Promise<void> {
  const ours = deitStep(config.deitTiny, BATCH);
  const plain = deitStep(config.deitTiny, OWN_BATCH, plainLogits);
  const ourSide = { run: () => ours.forwardBackward(), enter: () => enterOurs() };
  await timeOnce(ourSide);
  const sides = [ourSide, { run: () => plain.forwardBackward() }];
  const [ourMs, plainMs] = await interleaved(sides, { rounds: quick ? 1 : 3 });
  recorder.add(
    rateRow(
      "forward + backward, against the model in plain tfjs operations",
      BATCH / (ourMs! / 1e3),
      plain.batch / (plainMs! / 1e3),
      "plain tfjs, no custom gradients",
      "images/s",
      null,
      ceiling / gigaflops(config.deitTiny, { backward: true }),
    ),
  );
  plain.dispose();
  ours.dispose();
}

async function forwardRow(recorder: Recorder, { quick, ceiling }: PartOptions): Promise<void> {
  const step: DeitStep = deitStep(config.deitTiny, BATCH);
  const sides = [{ run: () => step.forward(), enter: () => enterOurs() }, { run: () => step.forward() }];
  await timeOnce(sides[0]!);
  const [ours, own] = await interleaved(sides, { rounds: quick ? 3 : 9 });
  recorder.add(
    rateRow(
      `DeiT-Ti/16 224², head size 64: forward only, batch ${BATCH}`,
      BATCH / (ours! / 1e3),
      BATCH / (own! / 1e3),
      "tfjs' own kernels",
      "images/s",
      4,
      ceiling / gigaflops(config.deitTiny, { backward: false }),
    ),
  );
  step.dispose();
}
