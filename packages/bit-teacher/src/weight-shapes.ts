import type { BitSize } from "./config.ts";
import { type BitPlan, planBit } from "./plan.ts";

const CHANNELS = 3;
const STEM_KERNEL = 7;

/**
 * Returns names (timm's) and shapes (TensorFlow's order, `[height, width, in, out]`) of a backbone's weights, without the
 * head. Nothing is allocated.
 *
 * @throws RangeError if the size is not valid.
 *
 * @example
 * console.log(weightShapes(bitSizes.r50x1).get("stem.conv.weight")); // [7, 7, 3, 64]
 */
export function weightShapes(size: BitSize): Map<string, readonly number[]> {
  return shapesOf(planBit("weightShapes", size));
}

/**
 * Counts the parameters of a backbone, or of a classifier with `classes`. Nothing is allocated.
 *
 * @throws RangeError if the size is not valid.
 *
 * @example
 * console.log(countParameters(bitSizes.r50x3), countParameters(bitSizes.r50x3, 5)); // 211174080 211204805
 */
export function countParameters(size: BitSize, classes = 0): number {
  const plan = planBit("countParameters", size);
  let count = (plan.features + 1) * classes;
  for (const shape of shapesOf(plan).values()) count += shape.reduce((product, side) => product * side, 1);
  return count;
}

function shapesOf({ stem, units, features }: BitPlan): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const conv = (name: string, kernel: number, inputs: number, outputs: number) =>
    shapes.set(`${name}.weight`, [kernel, kernel, inputs, outputs]);
  const norm = (name: string, channels: number) =>
    shapes.set(`${name}.weight`, [channels]).set(`${name}.bias`, [channels]);
  conv("stem.conv", STEM_KERNEL, CHANNELS, stem);
  for (const { name, inputs, inner, outputs, projects } of units) {
    if (projects) conv(`${name}.downsample.conv`, 1, inputs, outputs);
    norm(`${name}.norm1`, inputs);
    conv(`${name}.conv1`, 1, inputs, inner);
    norm(`${name}.norm2`, inner);
    conv(`${name}.conv2`, 3, inner, inner);
    norm(`${name}.norm3`, inner);
    conv(`${name}.conv3`, 1, inner, outputs);
  }
  norm("norm", features);
  return shapes;
}
