import { z } from "zod";
import { UsageError } from "./usage-error.ts";

const MOST_WORKERS = 32;
const count = z.number().int().positive();
const share = z.number().min(0).max(1);
const shareBelowOne = z.number().min(0).lt(1);

const schema = z.strictObject({
  preset: z.string(),
  name: z.string().regex(/^[\w.-]+$/, "expected letters, digits, dots, dashes and underscores"),
  out: z.string(),
  backend: z.enum(["auto", "tensorflow", "webgpu", "wasm", "cpu"]),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  data: z.string().optional(),
  download: z.boolean(),
  cache: z.string().optional(),
  count: count.min(50),
  imageSize: count,
  workers: count,
  skipBadImages: z.boolean(),
  teacher: z.string().optional(),
  teacherEpochs: count,
  teacherLearningRate: z.number().positive(),
  patchSize: count,
  dim: count,
  depth: count,
  heads: count,
  mlpRatio: z.number().positive(),
  dropPath: shareBelowOne,
  epochs: count,
  batchSize: count,
  microBatchSize: count,
  learningRate: z.number().positive(),
  warmupEpochs: z.number().min(0),
  weightDecay: z.number().min(0),
  labelSmoothing: shareBelowOne,
  alpha: share,
  checkpointEvery: count,
  resume: z.string().optional(),
  verbose: z.boolean(),
});

/** Everything that decides a run; saved with it. Rates are shares in [0, 1]. */
export type Settings = z.infer<typeof schema>;

const SHARED = {
  out: "runs",
  backend: "auto",
  seed: 42,
  download: false,
  count: 3000,
  workers: 1,
  skipBadImages: false,
  mlpRatio: 4,
  dropPath: 0.1,
  labelSmoothing: 0.1,
  alpha: 0.5,
  checkpointEvery: 100,
  verbose: false,
} as const;

/** What may change while a run is resumed: it does not change the result. */
const FREE = new Set<string>(["name", "out", "cache", "workers", "checkpointEvery", "resume", "verbose"]);

/** Named starting points; every value can be overridden by its option. */
export const PRESETS: Readonly<Record<string, Omit<Settings, "name" | "preset">>> = {
  /** About two minutes on two cores, on flowers that are drawn. */
  demo: {
    ...SHARED,
    dropPath: 0.05,
    imageSize: 48,
    patchSize: 8,
    dim: 96,
    depth: 3,
    heads: 3,
    teacherEpochs: 8,
    teacherLearningRate: 3e-3,
    epochs: 12,
    batchSize: 32,
    microBatchSize: 32,
    learningRate: 1e-3,
    warmupEpochs: 1,
    weightDecay: 0.05,
  },
  /** Real photos at 96×96. */
  photos: {
    ...SHARED,
    imageSize: 96,
    patchSize: 12,
    dim: 128,
    depth: 6,
    heads: 4,
    teacherEpochs: 40,
    teacherLearningRate: 1e-3,
    epochs: 20,
    batchSize: 32,
    microBatchSize: 32,
    learningRate: 1e-3,
    warmupEpochs: 2,
    weightDecay: 0.05,
  },
  /** Seconds; for tests. Learns little. */
  tiny: {
    ...SHARED,
    count: 100,
    imageSize: 24,
    patchSize: 8,
    dim: 16,
    depth: 2,
    heads: 2,
    teacherEpochs: 2,
    teacherLearningRate: 2e-3,
    epochs: 2,
    batchSize: 16,
    microBatchSize: 8,
    learningRate: 1e-3,
    warmupEpochs: 0,
    weightDecay: 0.05,
  },
};

/** Settings' names in the order of the schema, for the command line. */
export const SETTING_NAMES = Object.keys(schema.shape) as (keyof Settings)[];

/**
 * A preset with some of its values replaced, checked as a whole.
 *
 * @throws UsageError naming the option, what was expected and what was given.
 */
export function resolveSettings(given: Readonly<Record<string, unknown>>): Settings {
  const preset = given.preset ?? (given.data !== undefined || given.download === true ? "photos" : "demo");
  const base = PRESETS[String(preset)];
  if (base === undefined) {
    throw new UsageError(`--preset: expected one of ${Object.keys(PRESETS).join(", ")}, got '${preset}'`);
  }
  const name = `${preset}-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`;
  const result = schema.safeParse({ ...base, name, ...given, preset });
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    const key = String(path[0] ?? "options");
    // Of zod's "Too big: expected number to be <=1, received 2" only what was expected: what came is said by us.
    const expected = message.replace(/^[A-Z][^:]*: /, "").replace(/, received .*$/, "");
    throw new UsageError(`--${kebab(key)}: ${expected}, got ${JSON.stringify(given[key])}`);
  }
  requireConsistent(result.data);
  return result.data;
}

/** The settings that decide a run's result. */
export function runSettings(settings: Settings): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !FREE.has(name)));
}

/**
 * The settings of a run that is gone on with.
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
  const differing = Object.entries(runSettings(settings)).filter(([name, value]) => value !== before[name]);
  if (differing.length > 0) {
    const list = differing.map(([name, value]) => `--${kebab(name)} was ${before[name]}, is ${value}`);
    throw new UsageError(`--resume: expected the settings of the run, got others: ${list.join("; ")}`);
  }
  return settings;
}

/** `imageSize` → `image-size`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function requireConsistent(settings: Settings): void {
  const { imageSize, patchSize, dim, heads, mlpRatio, data, download, workers } = settings;
  if (imageSize % patchSize !== 0) {
    throw new UsageError(`--patch-size: must divide the image size ${imageSize}, got ${patchSize}`);
  }
  if (dim % heads !== 0) throw new UsageError(`--heads: must divide --dim ${dim}, got ${heads}`);
  if (!Number.isInteger(dim * mlpRatio)) {
    throw new UsageError(`--mlp-ratio: times --dim ${dim} must be a whole number, got ${mlpRatio}`);
  }
  if (data !== undefined && download) {
    throw new UsageError("--data and --download: expected one of the two, got both");
  }
  if (workers > MOST_WORKERS)
    throw new UsageError(`--workers: expected at most ${MOST_WORKERS}, got ${workers}`);
}
