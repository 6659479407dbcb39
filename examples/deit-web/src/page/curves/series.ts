import type { Curves, Role } from "../../session/types.ts";

/** A point of a chart. */
export type Point = readonly [x: number, y: number];

/** A model's line in a chart. */
export interface Series {
  readonly role: Role;
  /** Each step, or the mean of a few where there are many. */
  readonly raw: readonly Point[];
  /** The same, smoothed. */
  readonly smooth: readonly Point[];
  /** Held-out pictures at the end of each epoch. */
  readonly heldOut: readonly Point[];
}

/** Points that a line has at most: more cannot be seen. */
const MOST_POINTS = 240;

/** Lines of the models that have learned, the teacher first. */
export function seriesOf(curves: Curves, figure: "loss" | "accuracy"): Series[] {
  const heldOutFigure = figure === "loss" ? "heldOutLoss" : "heldOutAccuracy";
  return (["teacher", "student"] as const)
    .map((role) => {
      const points = curves.steps.filter((point) => point.role === role);
      const raw = binned(points.map((point): Point => [point.step, point[figure]]));
      const heldOut = curves.epochs
        .filter((point) => point.role === role && point[heldOutFigure] !== undefined)
        .map((point): Point => [point.step, point[heldOutFigure]!]);
      return { role, raw, smooth: smoothed(raw), heldOut };
    })
    .filter(({ raw, heldOut }) => raw.length > 0 || heldOut.length > 0);
}

/** Means of as many points as make `MOST_POINTS` at most. */
function binned(points: readonly Point[]): Point[] {
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size <= 1) return [...points];
  const bins: Point[] = [];
  for (let from = 0; from < points.length; from += size) {
    const bin = points.slice(from, from + size);
    const mean = (of: (point: Point) => number) =>
      bin.reduce((sum, point) => sum + of(point), 0) / bin.length;
    bins.push([mean(([x]) => x), mean(([, y]) => y)]);
  }
  return bins;
}

/** Exponential moving average over about a twentieth of the points, without the lag of its beginning. */
function smoothed(points: readonly Point[]): Point[] {
  const keep = 1 - 1 / Math.max(2, points.length / 20);
  let sum = 0;
  let weight = 0;
  return points.map(([x, y]): Point => {
    sum = keep * sum + (1 - keep) * y;
    weight = keep * weight + (1 - keep);
    return [x, sum / weight];
  });
}

/** Round numbers from 0 to `max`, about `count` of them. */
export function ticks(max: number, count: number): number[] {
  if (!(max > 0)) return [0];
  const rough = max / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, index) => index * step);
}
