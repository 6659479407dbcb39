import { config } from "deit-model";
import { type Recorder, rateRow } from "../../report.ts";
import type { PartOptions } from "../part-options.ts";
import { withOurs } from "../which-kernels.ts";
import { type DeitStep, deitStep } from "./deit-step.ts";
import { meterHeap } from "./heap-meter.ts";
import { plainLogits } from "./plain-deit.ts";

const LIMIT_MB = 30;

/** Memory that one image holds between the forward and the backward pass. */
export async function tapeRows(recorder: Recorder, { quick }: PartOptions): Promise<void> {
  const ours = deitStep(config.deitTiny, 8);
  const plain = deitStep(config.deitTiny, quick ? 1 : 2, plainLogits);
  const kept = await withOurs(() => {
    ours.forwardBackward(); // the kernels' own scratch memory comes with the first step
    return heapOf(ours);
  });
  const own = heapOf(plain);
  ours.dispose();
  plain.dispose();
  recorder.add({
    ...rateRow("tape per image, head size 64", kept.tape, LIMIT_MB, "the limit set", "MB", 1),
    ratio: LIMIT_MB / kept.tape,
  });
  recorder.add({
    ...rateRow(
      "tape per image, against plain tfjs operations",
      kept.tape,
      own.tape,
      "tfjs' own kernels",
      "MB",
      null,
    ),
    ratio: own.tape / kept.tape,
  });
  recorder.note(
    "The tape is what the step holds of tfjs' WASM heap when the forward pass ends, weights and images apart, counted at " +
      "its allocator and divided by the micro-batch (ours 8). The most that the whole step held, gradients of the weights " +
      `and the kernels' scratch included: ours ${kept.peak.toFixed(0)} MB, plain tfjs ${own.peak.toFixed(0)} MB an image` +
      ` (at micro-batch ${plain.batch}); the heap ends at 4,295 MB.`,
  );
}

function heapOf(step: DeitStep): { tape: number; peak: number } {
  const meter = meterHeap();
  let atEnd = 0;
  try {
    step.forwardBackward(undefined, () => {
      atEnd = meter.bytes;
    });
    const perImage = 1 / (1e6 * step.batch);
    return { tape: atEnd * perImage, peak: meter.peak * perImage };
  } finally {
    meter.remove();
  }
}
