import { escapeHtml } from "./escape-html.ts";

/** One curve; `NaN` leaves a gap. */
export interface Curve {
  readonly name: string;
  readonly values: readonly number[];
  /** Epoch of each value; the first epoch ends at 1. Default 1, 2, 3, …. */
  readonly epochs?: readonly number[];
  /** CSS class with its color. */
  readonly style: string;
  /** Dashed line, for training beside validation. Default false. */
  readonly dashed?: boolean;
}

/** Content of {@link lineChart}. */
export interface LineChart {
  readonly title: string;
  readonly curves: readonly Curve[];
  readonly format: (value: number) => string;
}

const WIDTH = 640;
const HEIGHT = 300;
const LEFT = 56;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 36;
/** Approximate number of grid lines. */
const TICKS = 5;

/** An SVG figure of curves over epochs, with axes, a legend and a text for screen readers. */
export function lineChart({ title, curves, format }: LineChart): string {
  const values = curves.flatMap((curve) => curve.values.filter(Number.isFinite));
  const ticks = roundTicks(
    values.reduce((a, b) => Math.min(a, b)),
    values.reduce((a, b) => Math.max(a, b)),
  );
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  const places = curves.flatMap(epochsOf);
  const [first, last] = [Math.floor(Math.min(1, ...places)), Math.max(2, ...places)];
  const x = (epoch: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * (epoch - first)) / (last - first);
  const y = (value: number): number =>
    TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low || 1));

  const grid = ticks.map(
    (value) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}"/>` +
      `<text class="tick" x="${LEFT - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${format(value)}</text>`,
  );
  const step = Math.ceil(last / 10);
  const labels = Array.from({ length: Math.floor(last - first) + 1 }, (_, i) => first + i)
    .filter((epoch) => (epoch - first) % step === 0)
    .map(
      (epoch) =>
        `<text class="tick" x="${x(epoch).toFixed(1)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${epoch}</text>`,
    );
  const lines = curves.map((curve) => drawCurve(curve, x, y));
  const legend = curves.map(
    (curve) =>
      `<li><svg width="24" height="8" aria-hidden="true"><line class="curve ${curve.style}${curve.dashed ? " dashed" : ""}" x1="0" x2="24" y1="4" y2="4"/></svg> ${escapeHtml(curve.name)}</li>`,
  );
  const summary = curves
    .map((curve) => `${curve.name} ends at ${format(curve.values.at(-1) ?? Number.NaN)}`)
    .join("; ");
  return `<figure>
<figcaption>${escapeHtml(title)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(`${title} by epoch: ${summary}`)}">
${grid.join("\n")}
${labels.join("\n")}
<text class="tick axis" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 2}" text-anchor="middle">epoch</text>
${lines.join("\n")}
</svg>
<ul class="legend">${legend.join("")}</ul>
</figure>`;
}

function epochsOf({ epochs, values }: Curve): readonly number[] {
  return epochs ?? values.map((_, i) => i + 1);
}

/** Round numbers from at or below `low` to at or above `high`, 1, 2, 2.5 or 5 times a power of ten apart. */
function roundTicks(low: number, high: number): number[] {
  const rough = (high - low || 1) / (TICKS - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999)!;
  const first = Math.floor(low / step + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

function drawCurve(curve: Curve, x: (epoch: number) => number, y: (value: number) => number): string {
  const style = `curve ${curve.style}${curve.dashed ? " dashed" : ""}`;
  const epochs = epochsOf(curve);
  const points = curve.values
    .map((value, i) => [epochs[i]!, value] as const)
    .filter(([, value]) => Number.isFinite(value))
    .map(([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`);
  if (points.length !== 1) return `<polyline class="${style}" points="${points.join(" ")}"/>`;
  const [cx, cy] = points[0]!.split(",");
  return `<circle class="${style}" cx="${cx}" cy="${cy}" r="3"/>`;
}
