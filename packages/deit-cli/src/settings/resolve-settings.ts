import { suggestion } from "known-options";
import { checked } from "../options/checked.ts";
import { kebab } from "../options/kebab.ts";
import { UsageError } from "../process/usage-error.ts";
import { PRESETS } from "./presets.ts";
import { runSettings, SETTINGS, type Settings } from "./settings.ts";

const MOST_WORKERS = 32;

/**
 * A preset with some of its values replaced, checked as a whole.
 *
 * @throws UsageError naming the option, what was expected and what was given.
 */
export function resolveSettings(given: Readonly<Record<string, unknown>>): Settings {
  const settings = resolveDataSettings(given);
  requireTrainable(settings);
  return settings;
}

/** The same for commands that train nothing: values of a student's need not fit together. */
export function resolveDataSettings(given: Readonly<Record<string, unknown>>): Settings {
  const preset = given.preset ?? (given.data !== undefined || given.download === true ? "photos" : "demo");
  const base = Object.hasOwn(PRESETS, String(preset)) ? PRESETS[String(preset)] : undefined;
  if (base === undefined) {
    const names = Object.keys(PRESETS);
    const hint = suggestion(String(preset), names);
    throw new UsageError(`--preset: expected one of ${names.join(", ")}, got '${preset}'${hint}`);
  }
  const name = `${preset}-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`;
  const settings = checked(SETTINGS, { ...base, name, ...given, preset });
  requireOneSource(settings);
  return settings;
}

/**
 * The settings of a run that is gone on with. Its students may be meant to train for more epochs than before, if the trainer agrees: see
 * `OtherRunError`.
 *
 * @param saved - What its `settings.json` says.
 * @param given - Options of the command line, `resume` among them.
 * @throws UsageError if an option that decides the result differs from the run's.
 */
export function resumeSettings(
  saved: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, unknown>>,
): Settings {
  const settings = resolveSettings({ ...saved, ...given });
  const before = runSettings(resolveSettings(saved));
  const isLonger = settings.epochs > Number(before.epochs);
  const differing = Object.entries(runSettings(settings)).filter(
    ([name, value]) => value !== before[name] && !(name === "epochs" && isLonger),
  );
  if (differing.length > 0) {
    const list = differing.map(([name, value]) => `--${kebab(name)} was ${before[name]}, is ${value}`);
    throw new UsageError(`--resume: expected the settings of the run, got others: ${list.join("; ")}`);
  }
  return settings;
}

function requireOneSource({ data, download, workers }: Settings): void {
  if (data !== undefined && download) {
    throw new UsageError("--data and --download: expected one of the two, got both");
  }
  if (workers > MOST_WORKERS)
    throw new UsageError(`--workers: expected at most ${MOST_WORKERS}, got ${workers}`);
}

function requireTrainable(settings: Settings): void {
  const { imageSize, patchSize, dim, heads, headDim, mlpRatio, epochs, warmupEpochs } = settings;
  if (imageSize % patchSize !== 0) {
    throw new UsageError(`--patch-size: must divide the image size ${imageSize}, got ${patchSize}`);
  }
  if (headDim === undefined && dim % heads !== 0)
    throw new UsageError(`--heads: must divide --dim ${dim}, got ${heads}`);
  if (!Number.isInteger(dim * mlpRatio)) {
    throw new UsageError(`--mlp-ratio: times --dim ${dim} must be a whole number, got ${mlpRatio}`);
  }
  if (warmupEpochs > epochs) {
    throw new UsageError(`--warmup-epochs: expected at most --epochs, ${epochs}, got ${warmupEpochs}`);
  }
  requireStorable(settings);
  if (settings.preset === "finetune" && settings.weights === undefined) {
    throw new UsageError("--weights: expected a safetensors file to start from, got none");
  }
}

/** Stored logits are worth something only where a view comes again. */
function requireStorable({ storeLogits, viewEpochs, mixup, cutmix }: Settings): void {
  if (storeLogits === undefined) return;
  if (viewEpochs === undefined) {
    throw new UsageError("--store-logits: expected --view-epochs with it, or no view comes again, got none");
  }
  if (mixup > 0 || cutmix > 0) {
    throw new UsageError("--store-logits: expected pictures that come again, got ones that are mixed anew");
  }
}
