import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cac } from "cac";
import { PRESETS } from "./presets.ts";
import { kebab, resolveSettings, resumeSettings, SETTING_NAMES, type Settings } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

const HELP: Readonly<Partial<Record<keyof Settings, string>>> = {
  preset: `${Object.keys(PRESETS).join(", ")} (default: demo, or photos with --data or --download)`,
  name: "Name of the run's folder (default: preset and time)",
  out: "Folder that runs are written to",
  backend: "auto, tensorflow, webgpu, wasm or cpu",
  seed: "Of everything random: pictures, order, crops, initial weights, stochastic depth",
  data: "flower_photos.tgz, or a folder with one folder of photos a class",
  download: "Use the real flower_photos.tgz, downloaded once (229 MB)",
  cache: "Folder that the download is kept in (default: the platform's cache folder)",
  count: "Procedural flowers to draw",
  imageSize: "Student's image size in pixels",
  workers: "Threads that decode and augment",
  skipBadImages: "Leave out photos that do not decode, instead of stopping",
  teacher: "tfjs layers model to learn from: 5 classes, or a backbone with a layer feature_vector",
  teacherEpochs: "Epochs of the teacher (or of its linear probe)",
  teacherLearningRate: "Peak learning rate of the teacher (or probe)",
  patchSize: "Patch size in pixels; divides the image size",
  dim: "Width of the student",
  depth: "Transformer blocks",
  heads: "Attention heads; divides the width",
  headDim: "Width of a head (default: the width over the heads)",
  mlpRatio: "Width of the MLP over the student's width",
  dropPath: "Stochastic depth rate of the last block",
  init: "Whose initial weights: keras or timm",
  weights: "Safetensors file of a ViT or DeiT that the students start from",
  epochs: "Epochs of each student",
  batchSize: "Images an optimizer step",
  replicas: "Threads that train a student together; does not change the result",
  microBatchSize: "Images in memory at once; does not change the result",
  learningRate: "Peak learning rate of the students",
  warmupEpochs: "Epochs of linear warm-up",
  learningRatePer:
    "Batch size that the learning rate is meant for: it is scaled to --batch-size (default: it is not)",
  schedule: "cosine or constant",
  minLearningRate: "Where the cosine ends",
  warmupLearningRate:
    "First learning rate of the warm-up, which then covers the cosine's beginning, as DeiT's",
  adamW:
    "Whose AdamW: torch, keras or tfa (TensorFlow Addons', the Keras example's: decay not scaled by the rate)",
  weightDecay: "AdamW's; with torch's not of biases, norms, tokens and positions",
  layerDecay: "Factor of the learning rate from a block to the one before it",
  clipNorm: "Highest norm of a step's gradients; 0: any",
  averageDecay: "Of the moving average of the weights, which is then what is kept; 0: none",
  labelSmoothing: "Label smoothing, 0 to 1",
  distillation: "hard (the teacher's class) or soft (its probabilities)",
  temperature: "Of soft distillation",
  alpha: "Weight of the distillation loss, 0 to 1",
  augment: "Of the students' pictures: keras, deit, crop (half to all of the area, mirrored) or none",
  mixup: "MixUp's alpha; 0: none",
  cutmix: "CutMix's alpha; 0: none",
  repeats: "Repeated augmentation: views of a picture in an epoch",
  evaluationCrop: "Middle part of held-out pictures that the students see; 1: whole pictures",
  normalisation: "Of the students' pixels: unit (0 to 1) or imagenet (mean and deviation)",
  viewEpochs: "Epochs after which the students' views come again (default: never)",
  storeLogits: "Folder that the teacher's logits of those views are kept in, for this run and others",
  checkpointEvery: "Steps between checkpoints, besides one at the end of each epoch",
  resume: "Folder of a run that was stopped: goes on with it, with its settings",
  verbose: "Show stack traces",
};

/** What cac would turn into numbers where it looks like one: a run may be named 7. */
const TEXTS = new Set<string>([
  "preset",
  "name",
  "out",
  "backend",
  "data",
  "cache",
  "teacher",
  "resume",
  "weights",
  "storeLogits",
]);
const FLAGS = new Set<keyof Settings>(["download", "skipBadImages", "verbose"]);

/**
 * Reads the command line.
 *
 * @param argv - As `process.argv`.
 * @returns The run's settings, or `undefined` where help was asked for (and printed).
 * @throws UsageError for anything that is not understood.
 */
export function parseCommandLine(argv: readonly string[]): Settings | undefined {
  const cli = cac("deit-flowers");
  const command = cli.command("", "Train a teacher and distil a vision transformer from it").action(() => {});
  for (const name of SETTING_NAMES) {
    command.option(FLAGS.has(name) ? `--${kebab(name)}` : `--${kebab(name)} <value>`, HELP[name] ?? "");
  }
  command.example("  npx pnpm@12 start");
  command.example("  npx pnpm@12 start --data flower_photos.tgz --teacher mobilenet_v2 --epochs 20");
  cli.help();
  try {
    const { args, options } = cli.parse([...argv], { run: false });
    if (options.help === true) return undefined;
    if (args.length > 0) throw new UsageError(`expected options only, got '${args[0]}' (see --help)`);
    cli.runMatchedCommand();
    const { "--": _, help: __, h: ___, ...given } = options as Record<string, unknown>;
    const texts = Object.entries(given).map(([name, value]) => [
      name,
      TEXTS.has(name) ? String(value) : value,
    ]);
    const named = Object.fromEntries(texts) as Record<string, unknown>;
    if (named.resume === undefined) return resolveSettings(named);
    return resumeSettings(savedSettings(String(named.resume)), named);
  } catch (error) {
    if (error instanceof Error && error.name === "CACError")
      throw new UsageError(`${error.message} (see --help)`);
    throw error;
  }
}

function savedSettings(folder: string): Record<string, unknown> {
  const file = join(folder, "settings.json");
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(
      `--resume: expected the folder of a run, could not read ${file}: ${(error as Error).message}`,
    );
  }
}
