import { VIT_CHECKS, type VitConfig } from "deit-model";
import { type Recipe, requireRecipe } from "distill-trainer";
import {
  BOOLEAN,
  type Checks,
  COUNT,
  check,
  integerFrom,
  OBJECT,
  oneOf,
  optional,
  POSITIVE,
  requireOptions,
  STRING,
  UINT32,
} from "known-options";
import { PIXELS } from "open-classifier";
import { PICTURE_SIZE, type PictureSize } from "vision-augment";
import { type Edits, leavesOf } from "../options/edits.ts";
import { labelsOf } from "./labels-of.ts";

/** Everything that decides a run; saved with it. */
export interface Settings {
  readonly run: RunSettings;
  readonly data: DataSettings;
  readonly model: ModelSettings;
  /** Training of the students; `dropPathRate` is that of their model. */
  readonly recipe: Recipe;
}

/** The run itself: its folder, its teacher, its students and its machine. */
export interface RunSettings {
  readonly preset: string;
  readonly name: string;
  /** Folder of all runs. */
  readonly out: string;
  readonly backend: "auto" | "tensorflow" | "webgpu" | "wasm" | "cpu";
  /** What matrix products are computed in; `mixed_float16` needs WebGPU. */
  readonly precision: "float32" | "mixed_float16";
  readonly seed: number;
  /** The same run for each of these seeds. Default: `seed` alone. */
  readonly seeds?: readonly number[];
  /** Whether a student's best epoch is saved, not the last. Default false. */
  readonly keepBest?: boolean;
  /** Epochs without improvement after which a student's training stops. Default: it does not. */
  readonly patience?: number;
  /** `all`: alone, by answers and by features; `both`: alone, and distilled as the recipe says. */
  readonly students: "all" | "both" | "alone" | "distilled";
  /** A tfjs layers model. Default: a BiT, trained in the run. */
  readonly teacher?: string;
  readonly teacherPixels: "auto" | (typeof PIXELS)[number];
  readonly teacherOutputs: "auto" | "logits" | "probabilities" | "sigmoid";
  readonly teacherEpochs: number;
  readonly teacherLearningRate: number;
  /** Default: see {@link microBatchSizeOf}. */
  readonly microBatchSize?: number;
  /** Default: see {@link replicasOf}. */
  readonly replicas?: number;
  /** How sums of gradients travel between ranks. Default: as they are. */
  readonly compression?: "bf16";
  /** Folder of the teacher's logits. Default: not stored. */
  readonly storeLogits?: string;
  /** Number of teachers that are each trained without one fold, and answer for it. Default: one teacher answers for all. */
  readonly crossFit?: number;
  /** Optimizer steps. */
  readonly checkpointEvery: number;
  /** Folder of the run that is resumed. */
  readonly resume?: string;
  readonly verbose: boolean;
}

const RUN_CHECKS: Checks<RunSettings> = {
  preset: STRING,
  name: check(
    "letters, digits, dots, dashes and underscores",
    (value) => typeof value === "string" && /^[\w.-]+$/.test(value),
  ),
  out: STRING,
  backend: oneOf("auto", "tensorflow", "webgpu", "wasm", "cpu"),
  precision: oneOf("float32", "mixed_float16"),
  seed: UINT32,
  seeds: optional(
    check(
      "a number of seeds in [1, 1000], or a list of different integers in [0, 2^32)",
      (value) =>
        Array.isArray(value) &&
        value.every(UINT32.fits) &&
        new Set(value).size === value.length &&
        value.length > 0,
    ),
  ),
  keepBest: optional(BOOLEAN),
  patience: optional(COUNT),
  students: oneOf("all", "both", "alone", "distilled"),
  teacher: optional(STRING),
  teacherPixels: oneOf("auto", ...PIXELS),
  teacherOutputs: oneOf("auto", "logits", "probabilities", "sigmoid"),
  teacherEpochs: COUNT,
  teacherLearningRate: POSITIVE,
  microBatchSize: optional(COUNT),
  replicas: optional(check("an integer in [1, 64]", (value) => COUNT.fits(value) && Number(value) <= 64)),
  compression: optional(oneOf("bf16")),
  storeLogits: optional(STRING),
  crossFit: optional(
    check("an integer in [2, 100]", (value) => integerFrom(2).fits(value) && Number(value) <= 100),
  ),
  checkpointEvery: COUNT,
  resume: optional(STRING),
  verbose: BOOLEAN,
};

/** The pictures, and how they are read. */
export interface DataSettings {
  /** Archive or folder of photos. Default: drawn flowers. */
  readonly path?: string;
  /** CSV or JSON lines with the pictures' labels; false: none. Default: one that is found in the data. */
  readonly labelsFile?: string | false;
  /** Whether each folder with pictures of its own is a class. Default false: those at the top are. */
  readonly nestedClasses?: boolean;
  /** Folder or archive of held-out photos. Default: a part of the data. */
  readonly valData?: string;
  /** Share of the photos that is held out, in (0, 1). Default: a tenth, or what the data says. */
  readonly valSplit?: number;
  /** Use the real tf_flowers. */
  readonly download: boolean;
  /** Folder of the download. Default: the platform's cache folder. */
  readonly cache?: string;
  /** Number of drawn flowers; absent where there are photos. */
  readonly count?: number;
  /** Labels of training pictures that are kept: `10%`, a number, or `20/class`; the others are hidden. Default: all. */
  readonly labels?: string;
  /** Folder or archive of pictures without labels, from which a distilled student learns too. Default: none. */
  readonly unlabeled?: string;
  /** Drawn flowers that are held out, at least a tenth of `count`, in which that tenth is. Default: the tenth. */
  readonly heldOut?: number;
  /** Seed of drawn flowers. Default: that of the run. */
  readonly seed?: number;
  /** Folds of a cross-validation of the training pictures. Default: none. */
  readonly folds?: number;
  /** The fold that is held out, counted from 1; absent in the settings of a whole cross-validation. */
  readonly fold?: number;
  readonly workers: number;
  readonly skipBadImages: boolean;
  /** Most pixels of one photo. Default: `decodeImage`'s. */
  readonly maxPixels?: number;
  /** Epochs after which the students' views repeat. Default: never. */
  readonly viewEpochs?: number;
}

const DATA_CHECKS: Checks<DataSettings> = {
  path: optional(STRING),
  labelsFile: optional(check("a path or false", (value) => typeof value === "string" || value === false)),
  nestedClasses: optional(BOOLEAN),
  valData: optional(STRING),
  valSplit: optional(check("in (0, 1)", (value) => typeof value === "number" && value > 0 && value < 1)),
  download: BOOLEAN,
  cache: optional(STRING),
  count: optional(integerFrom(50)),
  labels: optional(
    check("a share such as 10%, a number, or a number of each class such as 20/class", (value) => {
      return typeof value === "string" && labelsOf(value) !== undefined;
    }),
  ),
  unlabeled: optional(STRING),
  heldOut: optional(COUNT),
  seed: optional(UINT32),
  folds: optional(integerFrom(2)),
  fold: optional(COUNT),
  workers: check("an integer in [1, 32]", (value) => COUNT.fits(value) && Number(value) <= 32),
  skipBadImages: BOOLEAN,
  maxPixels: optional(COUNT),
  viewEpochs: optional(COUNT),
};

/** The students: a `VitConfig` without what other groups decide. */
export interface ModelSettings
  extends Omit<VitConfig, "imageSize" | "channels" | "classes" | "dropPathRate" | "seed"> {
  /** Pixels: one number for squares, or `[height, width]`; drawn flowers are squares of the longer side. */
  readonly imageSize: PictureSize;
  /** File or folder of weights to start from, or a name on the hub. Default: new weights. */
  readonly weights?: string;
  /** The same of a larger model, from which evenly spaced weights are selected. */
  readonly selectFrom?: string;
  /** Whether new weights are mimetic, see `mimeticInit`. Default false. */
  readonly mimetic?: boolean;
}

const { channels: _, classes: __, dropPathRate: ___, seed: ____, ...VIT } = VIT_CHECKS;
const MODEL_CHECKS: Checks<ModelSettings> = {
  ...VIT,
  imageSize: PICTURE_SIZE,
  weights: optional(STRING),
  selectFrom: optional(STRING),
  mimetic: optional(BOOLEAN),
};

const GROUPS: Checks<Settings> = { run: OBJECT, data: OBJECT, model: OBJECT, recipe: OBJECT };

/** @throws TypeError for an unknown setting. RangeError for a value that does not fit: the message begins with its path. */
export function requireSettings(settings: Settings): void {
  const { run, data, model, recipe } = requireOptions("settings", settings, GROUPS);
  requireOptions("run", run, RUN_CHECKS);
  requireOptions("data", data, DATA_CHECKS);
  requireHeldOut(data);
  requireOptions("model", model, MODEL_CHECKS);
  requireRecipe(recipe);
}

function requireHeldOut({ count, heldOut, folds, fold }: DataSettings): void {
  if (count !== undefined && heldOut !== undefined && heldOut < count / 10)
    throw new RangeError(
      `data: heldOut must be at least a tenth of data.count, ${Math.ceil(count / 10)}, got ${heldOut}`,
    );
  if (fold !== undefined && !(fold <= (folds ?? 0)))
    throw new RangeError(`data: fold must be in [1, data.folds], got ${fold} of ${folds ?? "none"}`);
}

/** Settings that may change when a run is resumed: they do not change its result. */
const FREE: ReadonlySet<string> = new Set([
  ...["run.name", "run.out", "run.storeLogits", "run.checkpointEvery", "run.resume", "run.verbose"],
  ...["data.cache", "data.workers"],
]);

/** Settings that decide a run's result, by path. */
export function decisiveSettings(settings: Settings): Edits {
  return Object.fromEntries(Object.entries(leavesOf(settings)).filter(([path]) => !FREE.has(path)));
}
