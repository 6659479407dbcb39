import { bit, bitSizes } from "bit-teacher";
import { deit, vit } from "deit-model";
import { FeatureHints, type LayeredTeacher, layersTeacher } from "distill-trainer";
import { UsageError } from "../process/usage-error.ts";
import { stagesOf } from "../runs/stages.ts";
import { hasToken } from "../settings/has-token.ts";
import type { Settings } from "../settings/settings.ts";
import { stageSettings } from "../settings/stage-settings.ts";
import { studentConfig } from "../settings/student-config.ts";
import type { Backbone } from "../teacher/backbone.ts";

/**
 * Checks the layers of the settings' hints on temporary models, before anything is trained.
 *
 * @param backbone - Model of `run.teacher`. Default: the BiT that the run trains.
 * @returns One line for people; `undefined` without hints.
 * @throws UsageError naming the layer that does not exist or does not fit.
 */
export function requireHints(
  settings: Settings,
  classes: number,
  backbone: Backbone | undefined,
): string | undefined {
  const { model, run } = settings;
  const recipes = stagesOf(run).map(([stage]) => stageSettings(settings, stage).recipe);
  const recipe = run.students === "alone" ? undefined : recipes.find(({ hints }) => hints !== undefined);
  if (recipe?.hints === undefined) return undefined;
  const { pairs } = recipe.hints;
  const config = studentConfig(settings, classes);
  const student = hasToken(recipe) ? deit(config) : vit(config);
  const own = teacherOfBackbone(backbone);
  const drawn = own
    ? undefined
    : bit({ ...bitSizes.tiny, imageSize: model.imageSize, classes, init: "zeros" });
  const teacher = own ?? layersTeacher(drawn!);
  try {
    const hints = new FeatureHints({ student, teacher, ...(pairs && { pairs }) });
    hints.dispose();
    const shown = (
      hints.settings.pairs as readonly { readonly teacher: string; readonly student: string }[]
    ).map((pair) => `${pair.teacher} to ${pair.student}`);
    return `hints: the teacher's ${shown.join(", ")}`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const isOpaque = backbone !== undefined && backbone.classifier.layersModel === undefined;
    const advice = isOpaque ? "; name pairs teacherLayer:studentLayer, or take --hints off --alpha 0.5" : "";
    throw new UsageError(`--hints: ${error.message}${advice}`);
  } finally {
    student.dispose();
    drawn?.dispose();
  }
}

/** The teacher that a backbone becomes, as far as its layers go. */
function teacherOfBackbone(backbone: Backbone | undefined): LayeredTeacher | undefined {
  if (backbone === undefined) return undefined;
  const { classifier, features } = backbone;
  if (features?.layersModel !== undefined) return layersTeacher(features.layersModel);
  const { layers, teacher } = classifier;
  const width = features?.width ?? teacher!.classes;
  return (
    layers && { classes: width, layers, logits: async (images) => (await layers.run(images, [])).logits }
  );
}
