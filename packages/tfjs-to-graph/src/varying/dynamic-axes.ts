import type * as tfl from "@tensorflow/tfjs-layers";

/** An axis of the inputs that may have any size. */
export interface DynamicAxis {
  /** An input that has it. */
  readonly input: number;
  readonly axis: number;
}

/** Sizes of the batch: in the first traces, where it alone differs, and twice where all differ. 1 would hide what is broadcast. */
const BATCH = [2, 3, 5, 17] as const;
/** Sizes of other axes: even and odd, as many models halve them. */
const OTHER = [64, 97, 131, 162] as const;

/** The dynamic axes of a model's inputs; all inputs share the batch. */
export function dynamicAxes(model: tfl.LayersModel): DynamicAxis[] {
  const found: DynamicAxis[] = [];
  for (const [input, { shape }] of model.inputs.entries())
    for (const [axis, side] of shape.entries())
      if (side === null && !(axis === 0 && found.some((one) => one.axis === 0))) found.push({ input, axis });
  return found;
}

/** Sizes of the dynamic axes, trace by trace. */
export interface TraceSizes {
  /** Two are alike, so that what differs between them is no function of the sizes. */
  readonly first: readonly number[];
  /** One for each axis: it alone differs from the first. */
  readonly each: readonly (readonly number[])[];
  /** All differ, to check what the others tell. */
  readonly all: readonly (readonly number[])[];
}

/** The sizes with which a model is traced. */
export function traceSizes(axes: readonly DynamicAxis[]): TraceSizes {
  const sizes = axes.map(({ axis }, i) => (axis === 0 ? BATCH : OTHER.map((size) => size + 4 * i)));
  const first = sizes.map(([size]) => size!);
  return {
    first,
    each: axes.map((_, i) => first.map((size, j) => (i === j ? sizes[i]![1]! : size))),
    all: [2, 3].map((trace) => sizes.map((four) => four[trace]!)),
  };
}

/** The inputs' shapes for sizes of the dynamic axes. */
export function shapesFor(
  model: tfl.LayersModel,
  axes: readonly DynamicAxis[],
  sizes: readonly number[],
): number[][] {
  return model.inputs.map(({ shape }, input) =>
    shape.map((side, axis) => {
      if (side !== null) return side;
      return sizes[axes.findIndex((one) => one.axis === axis && (axis === 0 || one.input === input))]!;
    }),
  );
}
