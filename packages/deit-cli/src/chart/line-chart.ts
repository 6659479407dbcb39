import { escapeHtml } from "../html/escape-html.ts";
import { mark, type Shape } from "./marks.ts";
import { placeLabels } from "./place-labels.ts";
import { epochTicks, roundTicks } from "./ticks.ts";

/** One curve; `NaN` leaves a gap. */
export interface Curve {
  readonly name: string;
  /** Text at its right end. Default: none. */
  readonly label?: string;
  readonly values: readonly number[];
  /** Epoch of each value; the first epoch ends at 1. Default 1, 2, 3, …. */
  readonly epochs?: readonly number[];
  /** CSS class with its color. */
  readonly style: string;
  /** Mark at its right end, so that color is not needed to tell curves apart. Default `circle`. */
  readonly shape?: Shape;
  /** Drawn thin and pale, for training beside validation. Default false. */
  readonly isFaint?: boolean;
  /** Drawn dashed. Default false. */
  readonly dashed?: boolean;
}

/** A level over all epochs, with its uncertainty. */
interface Band {
  readonly name: string;
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly style: string;
}

/** Content of {@link lineChart}. */
export interface LineChart {
  readonly title: string;
  /** What the vertical axis shows, with its unit. */
  readonly axis: string;
  readonly curves: readonly Curve[];
  readonly band?: Band;
  readonly format: (value: number) => string;
  /** Size in units of the drawing. Default 480 × 270. */
  readonly width?: number;
  readonly height?: number;
  /** Units between the plot and the right edge, for the labels. Default 104. */
  readonly labelWidth?: number;
  /** Name of the drawing in its page, unique there. */
  readonly id: string;
}

const LEFT = 48;
const TOP = 26;
const BOTTOM = 34;
/** Least distance of two labels' middles. */
const LABEL_HEIGHT = 18;
/** An SVG drawing of curves over epochs, with axes, and a name at the end of each line; `<title>` and `<desc>` are for screen readers. */
export function lineChart(chart: LineChart): string {
  const { title, axis, curves, band, format, width = 480, height = 270, labelWidth = 104, id } = chart;
  const values = curves.flatMap((curve) => curve.values.filter(Number.isFinite));
  const all = band === undefined ? values : [...values, band.low, band.high];
  const ticks = roundTicks(
    all.reduce((a, b) => Math.min(a, b)),
    all.reduce((a, b) => Math.max(a, b)),
  );
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  const epochs = curves.flatMap(epochsOf);
  const [first, last] = [Math.floor(Math.min(1, ...epochs)), Math.max(2, ...epochs)];
  const [right, bottom] = [width - labelWidth, height - BOTTOM];
  const x = (epoch: number): number => LEFT + ((right - LEFT) * (epoch - first)) / (last - first);
  const y = (value: number): number => TOP + (bottom - TOP) * (1 - (value - low) / (high - low || 1));

  const grid = ticks.map(
    (value) =>
      `<line class="grid" x1="${LEFT}" x2="${right}" y1="${place(y(value))}" y2="${place(y(value))}"/>` +
      `<text class="tick" x="${LEFT - 8}" y="${place(y(value) + 4)}" text-anchor="end">${format(value)}</text>`,
  );
  const marks = epochTicks(first, last).map(
    (epoch) =>
      `<text class="tick" x="${place(x(epoch))}" y="${bottom + 17}" text-anchor="middle">${epoch}</text>`,
  );
  const faint = curves.filter(({ isFaint }) => isFaint);
  const plain = curves.filter(({ isFaint }) => !isFaint);
  const lines = [...faint, ...plain].map((curve) => drawCurve(curve, x, y));
  const labels = drawLabels(chart, { x, y, right, top: TOP, bottom });
  const level =
    band &&
    `<rect class="band ${band.style}" x="${LEFT}" width="${right - LEFT}" y="${place(y(band.high))}" height="${place(y(band.low) - y(band.high))}"/>` +
      `<line class="curve dashed ${band.style}" x1="${LEFT}" x2="${right}" y1="${place(y(band.value))}" y2="${place(y(band.value))}"/>`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${escapeHtml(`${title} by epoch`)}</title>
<desc id="${id}-desc">${escapeHtml(summary(chart))}</desc>
<text class="tick axis" x="0" y="12">${escapeHtml(axis)}</text>
${grid.join("\n")}
${marks.join("\n")}
<text class="tick axis" x="${right}" y="${height - 2}" text-anchor="end">epoch</text>
${[...(level ? [level] : []), ...lines, ...labels].join("\n")}
</svg>`;
}

/** What a chart shows, in words. */
function summary({ curves, band, format }: LineChart): string {
  const ends = curves.map(({ name, values }) => `${name} ends at ${format(values.at(-1) ?? Number.NaN)}`);
  const level = band && `${band.name}: ${format(band.value)}`;
  return [...(level ? [level] : []), ...ends].join("; ");
}

interface Frame {
  readonly x: (epoch: number) => number;
  readonly y: (value: number) => number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function drawLabels({ curves, band }: LineChart, { x, y, right, top, bottom }: Frame): string[] {
  const ends = [
    ...(band ? [{ label: band.label, style: band.style, value: band.value, at: right }] : []),
    ...curves.flatMap((curve) => {
      const { label, style, values } = curve;
      const end = values.findLastIndex(Number.isFinite);
      if (label === undefined || end < 0) return [];
      return [{ label, style, value: values[end]!, at: x(epochsOf(curve)[end]!) }];
    }),
  ];
  const places = placeLabels(
    ends.map(({ value }) => y(value)),
    LABEL_HEIGHT,
    { low: top, high: bottom },
  );
  return ends.map(({ label, style, value, at }, i) => {
    const [from, to] = [y(value), places[i]!];
    const isFar = Math.abs(from - to) > 2 || right - at > 1;
    const leader = isFar
      ? `<path class="leader ${style}" d="M${place(at + 5)},${place(from)}L${right + 10},${place(to)}"/>`
      : "";
    return `${leader}<text class="label ${style}" x="${right + 13}" y="${place(to + 4.5)}">${escapeHtml(label)}</text>`;
  });
}

function epochsOf({ epochs, values }: Curve): readonly number[] {
  return epochs ?? values.map((_, i) => i + 1);
}

const place = (value: number): string => value.toFixed(1);

function drawCurve(curve: Curve, x: Frame["x"], y: Frame["y"]): string {
  const { style, shape = "circle", isFaint = false, dashed = false } = curve;
  const epochs = epochsOf(curve);
  const points = curve.values
    .map((value, i) => [epochs[i]!, value] as const)
    .filter(([, value]) => Number.isFinite(value))
    .map(([epoch, value]) => [x(epoch), y(value)] as const);
  const kind = `curve ${style}${isFaint ? " faint" : ""}${dashed ? " dashed" : ""}`;
  const line = `<polyline class="${kind}" points="${points.map(([a, b]) => `${place(a)},${place(b)}`).join(" ")}"/>`;
  const end = points.at(-1);
  if (end === undefined) return "";
  return isFaint ? (points.length > 1 ? line : "") : line + mark(shape, style, end);
}
