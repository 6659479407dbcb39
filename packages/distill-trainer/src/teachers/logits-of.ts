import * as tf from "@tensorflow/tfjs-core";
import type { CapturedForward } from "train-loop";
import { type ModelOutputs, toLogits } from "./outputs.ts";
import { areProbabilities, requireFinite, requireFitting } from "./rows.ts";
import type { LayeredTeacher, Teacher, TeacherLayers, TeacherOutputs, TeacherViews } from "./teacher.ts";

/** Kind of a model's outputs, as far as known before it runs. */
export interface KnownOutputs {
  /** Kind given by the caller. Default `"auto"`. */
  readonly outputs?: ModelOutputs | "auto" | undefined;
  /** Kind according to the model's last layer or operation, if known. */
  readonly read?: ModelOutputs | undefined;
}

/**
 * Computes a model's outputs `[batch, classes]`, float32, and those of inner layers from images; all are owned by the caller.
 */
export type RunTeacher = (
  images: tf.Tensor,
  layers: readonly string[],
  forward?: CapturedForward,
) => readonly tf.Tensor[] | Promise<readonly tf.Tensor[]>;

type Reader<T extends Teacher> = Pick<T, "logits" | "outputs" | "layers">;

/** Rows that decide whether a model outputs probabilities. */
const DECIDING = 8;
/** Rows that are checked; later ones are trusted. */
const CHECKED = 256;

/**
 * Returns a model's logits, converted from its outputs, whose kind is given by the caller, by its last layer, or by its rows:
 * probabilities if they are not negative and sum to 1. Fewer than eight images are run in darker versions too, as one row may
 * sum to 1 by chance. The first 256 rows are checked against that kind.
 *
 * @param layers - The model's inner layers. Default: they are not accessible.
 * @returns A reader whose methods throw an Error for rows that are not finite or not of that kind.
 */
export function logitsOf(caller: string, known: KnownOutputs, run: RunTeacher): Reader<Teacher>;
export function logitsOf(
  caller: string,
  known: KnownOutputs,
  run: RunTeacher,
  layers: Omit<TeacherLayers, "run">,
): Reader<LayeredTeacher>;
export function logitsOf(
  caller: string,
  known: KnownOutputs,
  run: RunTeacher,
  layers?: Omit<TeacherLayers, "run">,
): Reader<Teacher> {
  const { outputs = "auto", read } = known;
  let taken = outputs === "auto" ? read : outputs;
  let seen = 0;

  async function decide(images: tf.Tensor, raw: tf.Tensor2D): Promise<ModelOutputs> {
    if (raw.shape[0] >= DECIDING) return (await areProbabilities(raw)) ? "probabilities" : "logits";
    const darker = tf.tidy(() =>
      tf.concat(Array.from({ length: DECIDING }, (_, i) => tf.mul(images, 1 - i / DECIDING))),
    );
    try {
      const [rows] = (await run(darker, [])) as [tf.Tensor2D];
      const found = await areProbabilities(rows).finally(() => rows.dispose());
      return found ? "probabilities" : "logits";
    } finally {
      darker.dispose();
    }
  }

  async function compute(
    images: tf.Tensor,
    layers: readonly string[],
    views?: TeacherViews,
  ): Promise<TeacherOutputs> {
    const [first, ...features] = await run(images, layers, views?.forward);
    const raw = first as tf.Tensor2D;
    try {
      if (seen < CHECKED) {
        await requireFinite(caller, raw);
        taken ??= await decide(images, raw);
        await requireFitting(caller, raw, taken);
        seen += raw.shape[0];
      }
      return { logits: toLogits(raw, taken ?? "logits"), features };
    } catch (error) {
      tf.dispose(features);
      throw error;
    } finally {
      raw.dispose();
    }
  }

  return {
    get outputs() {
      return taken;
    },
    ...(layers !== undefined && { layers: { ...layers, run: compute } }),
    logits: async (images, views) => (await compute(images, [], views)).logits,
  };
}
