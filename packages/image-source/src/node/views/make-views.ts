import { sidesOf, writeView } from "vision-augment";
import { type ViewPlan, viewAt } from "../../batches/view-plan.ts";
import type { Encoding } from "../../sample-store.ts";
import { readSample } from "../decode/decode-sample.ts";

/** Settings that all batches of a source share; sent to each worker once. */
export interface StorePlan extends ViewPlan {
  readonly bytes: SharedArrayBuffer;
  readonly spans: Float64Array;
  readonly encoding: Encoding;
  /** Largest photo that is decoded, in pixels; see `decodeImage`. It decides whether there is a view, not its pixels. */
  readonly maxPixels?: number;
}

/** One batch to make. */
export interface ViewTask {
  readonly indices: Int32Array;
  /** Keys that each row's crop, flip and so on are drawn from. */
  readonly drawKeys: Uint32Array;
}

/** One batch made. */
export interface Views {
  /** One array a size; rows of the samples that are in `rows`. */
  readonly images: readonly Float32Array[];
  /** Rows of the task that could be decoded. */
  readonly rows: Int32Array;
  /** Rows that could not be made. */
  readonly failures: readonly { readonly row: number; readonly reason: string }[];
}

/** Pictures that are decoded at once, as many as sharp has threads: a decoded photo may take 300 MB. */
const AT_ONCE = 4;

/** Decodes the task's samples and writes their views, in the task's order. */
export async function makeViews(plan: StorePlan, task: ViewTask): Promise<Views> {
  const count = task.indices.length;
  const lengths = plan.sizes.map((size) => sidesOf(size)).map(([height, width]) => height * width * 3);
  const images = lengths.map((length) => new Float32Array(count * length));
  const reasons = new Map<number, string>();
  let next = 0;
  const takeTurns = async (): Promise<void> => {
    for (let row = next++; row < count; row = next++) {
      const image = await readSample(plan, task.indices[row]!).catch((error: unknown) => {
        reasons.set(row, firstLine(error));
      });
      if (image === undefined) continue;
      lengths.forEach((length, which) => {
        writeView(image, viewAt(plan, which, task.drawKeys[row]!), images[which]!, row * length);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, takeTurns));
  const all = Array.from(task.indices.keys());
  const rows = Int32Array.from(all.filter((row) => !reasons.has(row)));
  const failures = all.flatMap((row) => (reasons.has(row) ? [{ row, reason: reasons.get(row)! }] : []));
  return { images: images.map((image) => only(rows, count, image)), rows, failures };
}

/** Some rows of an array, in order; the array itself where they are all. */
function only(rows: Int32Array, count: number, array: Float32Array): Float32Array {
  if (rows.length === count) return array;
  const length = array.length / count;
  const some = new Float32Array(rows.length * length);
  rows.forEach((row, at) => void some.set(array.subarray(row * length, (row + 1) * length), at * length));
  return some;
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n", 1)[0]!;
}
