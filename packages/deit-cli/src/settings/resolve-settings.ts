import { requireConfig, requireDistilledConfig } from "deit-model";
import { suggestion } from "known-options";
import { checked } from "../options/checked.ts";
import { type Edits, withEdits } from "../options/edits.ts";
import { besideOptimizer } from "../options/option-table.ts";
import { UsageError } from "../process/usage-error.ts";
import { differences } from "./differences.ts";
import { hasToken } from "./has-token.ts";
import { PRESETS, type PresetSettings } from "./presets.ts";
import { requirePhotos } from "./require-drawn.ts";
import { requireSettings, type Settings } from "./settings.ts";
import { studentConfig } from "./student-config.ts";

/**
 * A preset with some of its values replaced, checked as a whole.
 *
 * @throws UsageError naming the path, what was expected and what was given.
 */
export function resolveSettings(edits: Edits): Settings {
  const settings = resolveDataSettings(edits);
  checked(() => requireTrainable(settings));
  return settings;
}

/** {@link resolveSettings} for commands that train nothing: the model's values need not fit together. */
export function resolveDataSettings(edits: Edits): Settings {
  const isOfPhotos = (edits["data.path"] ?? undefined) !== undefined || edits["data.download"] === true;
  const given = edits["run.preset"] ?? defaultPreset(isOfPhotos);
  const preset = typeof given === "string" ? given : JSON.stringify(given);
  const { run, ...base } = presetOf(preset);
  const name = `${preset}-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`;
  const drawn = isOfPhotos && { "data.count": undefined, "data.heldOut": undefined };
  const all = { ...fittingEdits({ run, ...base }, edits), ...edits, "run.preset": preset, ...drawn };
  const settings = withSeeds(withEdits({ run: { preset, name, ...run }, ...base }, all));
  checked(() => requireSettings(settings));
  if (settings.data.path !== undefined && settings.data.download)
    throw new UsageError("--data and --download: expected one of the two, got both");
  requirePhotos(settings.data);
  return settings;
}

/** The preset of a run that names none. */
export function defaultPreset(isOfPhotos: boolean): string {
  return isOfPhotos ? "photos" : "demo";
}

/** Weight of the teacher's answers beside labels, in most presets. */
const ALPHA = 0.5;

/**
 * In place of a preset's values that do not fit what is given: a tenth of many pictures is held out; for `all`, answers teach; other
 * initial weights replace a preset's, another optimizer its AdamW.
 */
function fittingEdits({ run, data, model, recipe }: PresetSettings, edits: Edits): Edits {
  const isTooFew = Number(edits["data.count"]) / 10 > (data.heldOut ?? Number.POSITIVE_INFINITY);
  const isOfAnswers = (edits["run.students"] ?? run.students) === "all" && recipe.alpha === 0;
  const isOfOthers = edits["model.selectFrom"] !== undefined || edits["model.mimetic"] === true;
  const optimizer = edits["recipe.optimizer"] ?? undefined;
  return {
    ...(isOfOthers && model.weights !== undefined && { "model.weights": undefined }),
    ...(isTooFew && { "data.heldOut": undefined }),
    ...(isOfAnswers && { "recipe.alpha": ALPHA }),
    ...(optimizer !== undefined && besideOptimizer(optimizer)),
  };
}

/** A number of seeds as a list of them, from `run.seed` on. */
function withSeeds(settings: Settings): Settings {
  const seeds: unknown = settings.run.seeds;
  const { seed } = settings.run;
  if (!(Number.isInteger(seeds) && Number(seeds) >= 1 && Number(seeds) <= 1000)) return settings;
  const list = Array.from({ length: Number(seeds) }, (_, i) => seed + i);
  return { ...settings, run: { ...settings.run, seeds: list } };
}

/** A preset's settings. @throws UsageError for a name that no preset has. */
export function presetOf(name: string): PresetSettings {
  const preset = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (preset !== undefined) {
    const { what: _, ...settings } = preset;
    return settings;
  }
  const names = Object.keys(PRESETS);
  throw new UsageError(
    `--preset: expected one of ${names.join(", ")}, got '${name}'${suggestion(name, names)}`,
  );
}

/**
 * Settings of a run that is resumed. More epochs than before pass here; whether the training allows them is the trainer's to
 * say: see `OtherRunError`.
 *
 * @param saved - The run's `settings.json`.
 * @param edits - Those of the command line, `run.resume` among them.
 * @throws UsageError if a setting that decides the result differs from the run's.
 */
export function resumeSettings(saved: Edits, edits: Edits): Settings {
  const settings = resolveSettings({ ...saved, ...edits });
  const before = resolveSettings(saved);
  const isLonger = settings.recipe.epochs > before.recipe.epochs;
  const changed = isLonger
    ? { ...before, recipe: { ...before.recipe, epochs: settings.recipe.epochs } }
    : before;
  const differing = differences(changed, settings);
  if (differing !== undefined)
    throw new UsageError(`--resume: expected the settings of the run, got others: ${differing}`);
  return settings;
}

function requireTrainable(settings: Settings): void {
  const { run, model, recipe } = settings;
  const isDistilled = run.students !== "alone" && hasToken(recipe);
  (isDistilled ? requireDistilledConfig : requireConfig)("model", studentConfig(settings, 1));
  if ((recipe.warmup?.epochs ?? 0) > recipe.epochs)
    throw new RangeError(
      `recipe: warmup: epochs must be at most recipe.epochs, ${recipe.epochs}, got ${recipe.warmup!.epochs}`,
    );
  requireStorable(settings);
  requireTaught(settings);
  requireSampled(settings);
  requireOneStart(model);
  const { students } = run;
  if (recipe.alpha === 0 && students !== "alone" && (students === "all" || recipe.hints === undefined))
    throw new UsageError(
      `--alpha: expected a number above 0, as in --alpha ${ALPHA}, since the answers of the teacher teach, got 0${students === "all" ? "" : " without --hints"}`,
    );
  if (run.seeds !== undefined && settings.data.fold !== undefined)
    throw new UsageError(
      `--seeds: expected one seed for one fold, or no data.fold for all folds, got data.fold ${settings.data.fold}`,
    );
  requireAnswers(settings);
  if (run.preset === "finetune" && model.weights === undefined && model.selectFrom === undefined)
    throw new UsageError("--weights: expected a safetensors file to start from, got none");
}

/** A loss for the teacher's answers is given where they teach. */
function requireAnswers({ run, recipe }: Settings): void {
  const given =
    JSON.stringify(recipe.distillation) !== JSON.stringify(presetOf(run.preset).recipe.distillation);
  if (!given || recipe.alpha > 0 || run.students === "alone") return;
  throw new UsageError(
    "--distillation: expected --alpha above 0 with it, as the answers of the teacher teach, got --alpha 0",
  );
}

/** Only a teacher teaches on pictures without labels. */
function requireTaught({ run, data }: Settings): void {
  if (data.unlabeled === undefined) return;
  if (run.students === "alone")
    throw new UsageError("--unlabeled: expected a student with a teacher, got --students alone");
  if (data.path === undefined && !data.download)
    throw new UsageError("--unlabeled: expected --data or --download with it, got drawn flowers");
}

/** Classes are drawn alike only where all labels are known. */
function requireSampled({ recipe, data }: Settings): void {
  const option = data.labels === undefined ? "--unlabeled" : "--labels";
  if (recipe.images.sampling === undefined || (data.labels ?? data.unlabeled) === undefined) return;
  throw new UsageError(`--sampling: expected pictures that all have a label, got ${option}`);
}

/** Initial weights come from one place. */
function requireOneStart({ weights, selectFrom, mimetic }: Settings["model"]): void {
  const given = [
    ...(weights === undefined ? [] : ["--weights"]),
    ...(selectFrom === undefined ? [] : ["--select-from"]),
    ...(mimetic === true ? ["--mimetic"] : []),
  ];
  if (given.length > 1)
    throw new UsageError(
      `${given[0]}: expected one of --weights, --select-from and --mimetic, got ${given.join(" and ")}`,
    );
}

/** Stored logits are of use only for views that repeat. */
function requireStorable(settings: Settings): void {
  const { run, data, recipe } = settings;
  const { mixing } = recipe;
  if (run.storeLogits === undefined && run.crossFit === undefined) return;
  const option = run.storeLogits === undefined ? "--cross-fit" : "--store-logits";
  if (run.storeLogits !== undefined && run.crossFit !== undefined)
    throw new UsageError("--cross-fit: expected it without --store-logits, got both");
  if (run.crossFit !== undefined && run.students === "alone")
    throw new UsageError("--cross-fit: expected --students both or distilled, got alone");
  if (run.students === "all")
    throw new UsageError(`${option}: expected --students both, alone or distilled, got all`);
  if (recipe.hints !== undefined)
    throw new UsageError(
      `${option}: expected --hints off, since the teacher runs on every batch for them, got hints`,
    );
  if (data.viewEpochs === undefined)
    throw new UsageError(
      `${option}: expected --view-epochs with it, without which no view repeats, got none`,
    );
  if (mixing !== undefined && (mixing.mixupAlpha !== 0 || mixing.cutmixAlpha !== 0))
    throw new UsageError(
      `${option}: expected views that repeat, got MixUp or CutMix, which mix them differently each time`,
    );
}
