import * as tf from "@tensorflow/tfjs-core";
import { type StepCapture, stepCapture } from "kernel-contract";
import { requireArguments, STRING } from "known-options";
import type { CapturedForward } from "../../task.ts";
import { warn } from "../warn.ts";
import { forwardsWith, uncaptured } from "./forwards.ts";
import { Programs } from "./programs.ts";

/** Forward passes that are captured outside a training. */
export interface CapturedForwards {
  readonly forward: CapturedForward;
  /** Frees what was captured; later passes run as they are. */
  dispose(): void;
}

/** What was captured, and on which backend. */
interface Captured {
  readonly capture: StepCapture;
  readonly backend: object;
  readonly programs: Programs;
  readonly forward: CapturedForward;
}

/**
 * Returns what runs forward passes of models captured where the current backend can, as a training runs its teacher's: for predictions,
 * many of one shape. Elsewhere they run as they are. One of a dozen shapes is captured when it comes for the second time, and holds the
 * pass's memory until `dispose`.
 *
 * @param caller - Function that the warning names, if something cannot be captured.
 *
 * @example
 * const forwards = capturedForwards("mine");
 * const net = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [3] })] });
 * const [logits] = await forwards.forward({ model: net, name: "logits" }, tf.ones([4, 3]), (x) => [net.apply(x) as tf.Tensor]);
 * console.log(logits?.shape); // [4, 2]
 * forwards.dispose();
 */
export function capturedForwards(caller: string): CapturedForwards {
  requireArguments("capturedForwards", { caller }, { caller: STRING });
  let captured: Captured | undefined;
  let isDisposed = false;
  const now = (): Captured | undefined => {
    const capture = isDisposed ? undefined : stepCapture();
    if (capture === undefined) return undefined;
    const backend = tf.backend();
    if (captured?.capture !== capture || captured.backend !== backend) {
      captured?.programs.dispose();
      const programs = new Programs(capture, (reason) => warn(`${caller}: not captured: ${reason}`));
      captured = { capture, backend, programs, forward: forwardsWith(programs) };
    }
    return captured;
  };
  return {
    forward: async (pass, input, compute) =>
      (await now()?.forward(pass, input, compute)) ?? uncaptured(input, compute),
    dispose() {
      isDisposed = true;
      captured?.programs.dispose();
      captured = undefined;
    },
  };
}
