import type { Augmentation } from "./augment/augmentation.ts";
import type { CentreCropOptions } from "./augment/centre-crop.ts";
import type { RgbImage } from "./rgb-image.ts";
import { type Encoding, rawImage, sampleBytes } from "./sample-store.ts";
import { type View, writeView } from "./views.ts";

/** What every batch of a source has in common; sent to each worker once. */
export interface ViewPlan {
  readonly bytes: SharedArrayBuffer;
  readonly spans: Float64Array;
  readonly encoding: Encoding;
  /** The student's side, then the teacher's if it has its own, pixels. */
  readonly sizes: readonly number[];
  /** Margin of each size; absent for evaluation. */
  readonly margins?: readonly number[];
  readonly antialias: boolean;
  /** Instead of margins. */
  readonly augmentation?: Augmentation;
  /** For evaluation, instead of the whole picture. */
  readonly centreCrop?: CentreCropOptions;
}

/** One batch to make. */
export interface ViewTask {
  readonly indices: Int32Array;
  /** What each row's crop, flip and so on are drawn from. */
  readonly drawKeys: Uint32Array;
}

/** One batch made. */
export interface Views {
  /** One array a size; rows of the samples that are in `rows`. */
  readonly images: readonly Float32Array[];
  /** Rows of the task that could be decoded. */
  readonly rows: Int32Array;
  /** Those that could not. */
  readonly failures: readonly { readonly row: number; readonly reason: string }[];
}

/** Decodes the task's samples and writes their views, in the task's order. */
export async function makeViews(plan: ViewPlan, task: ViewTask): Promise<Views> {
  const decoded = await Promise.allSettled(Array.from(task.indices, (index) => imageOf(plan, index)));
  const rows: number[] = [];
  const failures: { row: number; reason: string }[] = [];
  decoded.forEach((result, row) => {
    if (result.status === "fulfilled") rows.push(row);
    else failures.push({ row, reason: firstLine(result.reason) });
  });
  const images = plan.sizes.map((size, which) => {
    const target = new Float32Array(rows.length * size * size * 3);
    rows.forEach((row, at) => {
      const { value } = decoded[row] as PromiseFulfilledResult<RgbImage>;
      writeView(value, viewAt(plan, which, task.drawKeys[row]!), target, at * size * size * 3);
    });
    return target;
  });
  return { images, rows: Int32Array.from(rows), failures };
}

function viewAt(plan: ViewPlan, which: number, key: number): View {
  const { margins, antialias, augmentation, centreCrop } = plan;
  const size = plan.sizes[which]!;
  if (augmentation !== undefined) return { kind: "augmented", size, key, augmentation };
  if (centreCrop !== undefined) return { kind: "centre", size, ...centreCrop };
  if (margins === undefined) return { kind: "evaluation", size, antialias };
  return { kind: "training", size, key, margin: margins[which]!, antialias };
}

async function imageOf(plan: ViewPlan, index: number): Promise<RgbImage> {
  const bytes = sampleBytes(plan, index);
  if (plan.encoding.kind === "rgb") return rawImage(bytes, plan.encoding.width, plan.encoding.height);
  const { decodeImage } = await import("./decode-image.ts"); // sharp only where there is something to decode
  return decodeImage(bytes, plan.encoding);
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n", 1)[0]!;
}
