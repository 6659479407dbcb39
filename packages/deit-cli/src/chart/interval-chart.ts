import { escapeHtml } from "../html/escape-html.ts";
import { roundTicks } from "./ticks.ts";

/** A number with its interval. */
export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** CSS class with its color. */
  readonly style: string;
}

/** Content of {@link intervalChart}. */
export interface IntervalChart {
  readonly title: string;
  readonly rows: readonly IntervalRow[];
  readonly format: (value: number) => string;
  /** Name of the drawing in its page, unique there. */
  readonly id: string;
}

const WIDTH = 480;
const SIDE = 24;
const ROW = 44;
const TOP = 8;
const BOTTOM = 26;

/** An SVG drawing of numbers as points on a line with 0, their intervals as bars, and each one's name above its bar. */
export function intervalChart({ title, rows, format, id }: IntervalChart): string {
  const ticks = roundTicks(
    Math.min(0, ...rows.map(({ low }) => low)),
    Math.max(0, ...rows.map(({ high }) => high)),
  );
  const [first, last] = [ticks[0]!, ticks.at(-1)!];
  const height = TOP + ROW * rows.length + BOTTOM;
  const x = (value: number): string =>
    (SIDE + ((WIDTH - 2 * SIDE) * (value - first)) / (last - first)).toFixed(1);
  const grid = ticks.map(
    (value) =>
      `<line class="grid${Math.abs(value) < 1e-9 ? " zero" : ""}" x1="${x(value)}" x2="${x(value)}" y1="${TOP}" y2="${height - BOTTOM}"/>` +
      `<text class="tick" x="${x(value)}" y="${height - 8}" text-anchor="middle">${format(value)}</text>`,
  );
  const bars = rows.map(({ name, value, low, high, style }, i) => {
    const y = TOP + ROW * i + 30;
    return (
      `<text class="label ${style}" x="${SIDE}" y="${y - 14}">${escapeHtml(name)}</text>` +
      `<line class="curve ${style}" x1="${x(low)}" x2="${x(high)}" y1="${y}" y2="${y}"/>` +
      `<circle class="mark ${style}" cx="${x(value)}" cy="${y}" r="4.5"/>`
    );
  });
  const words = rows.map(
    ({ name, value, low, high }) => `${name}: ${format(value)}, ${format(low)} to ${format(high)}`,
  );
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${escapeHtml(title)}</title>
<desc id="${id}-desc">${escapeHtml(words.join("; "))}</desc>
${[...grid, ...bars].join("\n")}
</svg>`;
}
