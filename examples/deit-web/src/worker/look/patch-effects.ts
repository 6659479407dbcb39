import * as tf from "@tensorflow/tfjs-core";
import { attentionMaps } from "deit-model";
import { nextTask } from "train-loop";
import type { ByteImage, FloatImage } from "vision-augment";
import type { PatchEffects } from "../../session/types.ts";
import { inputOf, seen, sharesOf, type Viewer } from "./view.ts";

/** Pictures of one pass. */
const AT_ONCE = 16;

/**
 * How much the share of the student's first class falls when each patch is covered with the picture's mean color.
 *
 * @see Zeiler & Fergus 2013, section 4.2, https://arxiv.org/abs/1311.2901
 */
export async function patchEffectsOf(
  image: ByteImage,
  student: Viewer,
  onProgress?: (done: number, of: number) => void,
): Promise<PatchEffects> {
  const view = seen(image, student.settings);
  const grid = gridOf(student, view);
  const [rows, columns] = grid;
  const [whole] = await sharesOf(student, [view]);
  const label = whole!.indexOf(Math.max(...whole!));
  const falls = new Float32Array(rows * columns);
  const color = meanColor(view);
  for (let first = 0; first < falls.length; first += AT_ONCE) {
    const patches = Array.from({ length: Math.min(AT_ONCE, falls.length - first) }, (_, i) => first + i);
    const shares = await sharesOf(
      student,
      patches.map((patch) => covered(view, grid, patch, color)),
    );
    shares.forEach((row, i) => {
      falls[first + i] = whole![label]! - row[label]!;
    });
    onProgress?.(first + patches.length, falls.length);
    await nextTask(); // a training that runs, and other questions, get their turn
  }
  return { className: student.classNames[label]!, grid, falls };
}

function gridOf(student: Viewer, view: FloatImage): readonly [number, number] {
  const input = inputOf(student, [view]);
  const { grid, layers } = attentionMaps(student.model, input);
  tf.dispose([input, ...layers]);
  return grid;
}

function meanColor({ data }: FloatImage): number[] {
  const sums = [0, 0, 0];
  for (let i = 0; i < data.length; i++) sums[i % 3]! += data[i]!;
  return sums.map((sum) => (3 * sum) / data.length);
}

function covered(
  view: FloatImage,
  [rows, columns]: readonly [number, number],
  patch: number,
  color: readonly number[],
): FloatImage {
  const { width, height } = view;
  const data = view.data.slice();
  const [patchHeight, patchWidth] = [height / rows, width / columns];
  const [top, left] = [Math.floor(patch / columns) * patchHeight, (patch % columns) * patchWidth];
  for (let y = top; y < top + patchHeight; y++)
    for (let x = left; x < left + patchWidth; x++) data.set(color, (y * width + x) * 3);
  return { ...view, data };
}
