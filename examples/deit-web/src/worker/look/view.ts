import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { averageHeads } from "deit-model";
import { type ByteImage, type FloatImage, viewOf } from "vision-augment";
import type { Role, Settings } from "../../session/types.ts";
import { preprocessOf } from "../models/models.ts";

/** A model that answers with one output of logits. */
export interface Viewer {
  readonly role: Role;
  readonly settings: Settings;
  readonly classNames: readonly string[];
  /** The model as it was built: of a distilled student both heads. */
  readonly model: tfl.LayersModel;
  /** The same with one output. */
  readonly answers: tfl.LayersModel;
}

export function viewerOf(
  role: Role,
  settings: Settings,
  classNames: readonly string[],
  model: tfl.LayersModel,
): Viewer {
  const answers = model.outputs.length > 1 ? averageHeads(model) : model;
  return { role, settings, classNames, model, answers };
}

/** A picture as the models see it in evaluation: all of it, at their size. */
export function seen(image: ByteImage, { imageSize }: Settings): FloatImage {
  return viewOf(image, { kind: "evaluation", size: imageSize, antialias: true });
}

/** Views as a model's input, `[views, height, width, 3]`; owned by the caller. */
export function inputOf({ role, settings }: Viewer, views: readonly FloatImage[]): tf.Tensor4D {
  const { width, height } = views[0]!;
  return tf.tidy(() => {
    const pixels = views.map(({ data }) => tf.tensor3d(data, [height, width, 3]));
    return preprocessOf(role, settings)(tf.stack(pixels)) as tf.Tensor4D;
  });
}

/** Share of each class for each view. */
export async function sharesOf(viewer: Viewer, views: readonly FloatImage[]): Promise<number[][]> {
  const shares = tf.tidy(() => {
    const logits = viewer.answers.apply(inputOf(viewer, views), { training: false }) as tf.Tensor2D;
    return tf.softmax(logits);
  });
  const rows = await shares.array();
  shares.dispose();
  return rows;
}
