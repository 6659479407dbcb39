import { optional, requireArguments, requireOptions, UINT32 } from "known-options";
import { batchesPerEpoch, type DataSource, requireSource } from "train-loop";
import { featureStatistics } from "../hints/feature-statistics.ts";
import type { FeatureHintsOptions, Hint } from "../hints/hint-options.ts";
import { LAYERED_TEACHER, type LayeredTeacher } from "../teachers/teacher.ts";
import type { Recipe } from "./recipe.ts";
import { requireRecipe } from "./require-recipe.ts";

/** Options of `FeatureHints` except student and teacher, as plain data: it can be sent to a thread. */
export type HintOptions = Omit<FeatureHintsOptions, "student" | "teacher">;

/**
 * Returns a recipe's hints as options of `FeatureHints`; `undefined` if it has none.
 *
 * @param source - Training data, whose batches determine the steps with hints; for whitening by channel, statistics are computed
 * from its first 512 pictures.
 * @param options - Seed of the projections. Default 0.
 * @throws TypeError or RangeError for hints that do not fit, or if no pairs are given for a teacher that suggests no layers.
 *
 * @example
 * const cnn = tfl.sequential();
 * cnn.add(tfl.layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [8, 8, 3], name: "map" }));
 * cnn.add(tfl.layers.globalAveragePooling2d({}));
 * cnn.add(tfl.layers.dense({ units: 5 }));
 * const options = await recipeHints({ ...KERAS_RECIPE, hints: { schedule: "cosine", share: 0.5 } }, layersTeacher(cnn), train);
 * console.log(options?.pairs?.[0]?.teacher, options?.schedule); // map cosine
 */
export async function recipeHints(
  recipe: Recipe,
  teacher: LayeredTeacher,
  source: DataSource,
  options: { readonly seed?: number } = {},
): Promise<HintOptions | undefined> {
  requireOptions("recipeHints", options, { seed: optional(UINT32) });
  requireRecipe(recipe);
  requireArguments("recipeHints", { teacher }, { teacher: LAYERED_TEACHER });
  requireSource("recipeHints", source);
  const { hints, epochs } = recipe;
  if (hints === undefined) return undefined;
  const { weight, loss, whitening = "layer", schedule = "constant", share = 1 } = hints;
  const pairs = hints.pairs ?? (teacher.layers.suggested ?? []).map((layer) => ({ teacher: layer }));
  if (pairs.length === 0) {
    throw new RangeError(
      "recipeHints: pairs must name layers of this teacher, which suggests none; got none",
    );
  }
  const names = pairs.map((pair) => pair.teacher);
  const statistics = whitening === "channels" ? await featureStatistics(teacher, names, source) : [];
  const steps = Math.max(1, Math.round(share * epochs * batchesPerEpoch(source)));
  return {
    pairs: pairs.map(
      (pair, i): Hint => ({
        ...pair,
        ...(weight !== undefined && { weight }),
        ...(loss !== undefined && { loss }),
        whitening: whitening === "channels" ? statistics[i]! : whitening,
      }),
    ),
    schedule,
    ...((share < 1 || schedule === "cosine") && { steps }),
    ...(options.seed !== undefined && { seed: options.seed }),
  };
}
