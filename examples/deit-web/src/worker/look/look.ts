import * as tf from "@tensorflow/tfjs-core";
import { attentionMaps, attentionRollout } from "deit-model";
import type { ByteImage } from "vision-augment";
import type { Answer, Look } from "../../session/types.ts";
import { imageData } from "../project/kept-picture.ts";
import { inputOf, seen, sharesOf, type Viewer } from "./view.ts";

/** What models see in a picture: their answers, and the attention of the student, which comes first. */
export async function lookAt(image: ByteImage, viewers: readonly Viewer[]): Promise<Look> {
  const student = viewers.find(({ role }) => role === "student");
  const view = seen(image, viewers[0]!.settings);
  const answers: Answer[] = [];
  for (const viewer of viewers) {
    const [shares] = await sharesOf(viewer, [view]);
    answers.push({ role: viewer.role, shares: shares! });
  }
  const attention =
    student === undefined ? { grid: [0, 0] as const, rollout: [] } : await rolloutOf(student, view);
  return { classNames: viewers[0]!.classNames, answers, image: imageData(view), ...attention };
}

async function rolloutOf(
  student: Viewer,
  view: ReturnType<typeof seen>,
): Promise<Pick<Look, "grid" | "rollout">> {
  const input = inputOf(student, [view]);
  const maps = attentionMaps(student.model, input);
  try {
    const rollout: Float32Array[] = [];
    for (let blocks = 1; blocks <= maps.layers.length; blocks++) {
      const shares = attentionRollout({ ...maps, layers: maps.layers.slice(0, blocks) });
      rollout.push((await shares.data()) as Float32Array);
      shares.dispose();
    }
    return { grid: maps.grid, rollout: rollout.map((shares) => shares.slice()) };
  } finally {
    tf.dispose([input, ...maps.layers]);
  }
}
