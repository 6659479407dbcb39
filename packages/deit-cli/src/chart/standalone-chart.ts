import { CHART_STYLE } from "./chart-style.ts";
import { type LineChart, lineChart } from "./line-chart.ts";

const SCHEMES = {
  light: "--line: #dde1e8; --muted: #5b6472; --card: #ffffff;",
  dark: "--line: #333b47; --muted: #9aa5b5; --card: #1b2027;",
} as const;

/** Style sheet of a drawing's own colors. */
export interface ChartColors {
  /** Rules for the curves' classes, such as `.c0 { color: #0072b2; }`. */
  readonly light: string;
  /** The same on a dark page. */
  readonly dark: string;
}

/** A chart as an SVG file of its own, light or dark as the reader's system is. */
export function standaloneChart(chart: LineChart, { light, dark }: ChartColors): string {
  const { width = 480, height = 270 } = chart;
  const margin = 16;
  const box = `viewBox="${-margin} ${-margin} ${width + 2 * margin} ${height + 2 * margin}"`;
  const rules = `svg { ${SCHEMES.light} font-family: system-ui, sans-serif; color: #5b6472; } .paper { fill: var(--card); } ${light}
@media (prefers-color-scheme: dark) { svg { ${SCHEMES.dark} color: #9aa5b5; } ${dark} }`;
  const sized = `${box} width="${width + 2 * margin}" height="${height + 2 * margin}"`;
  const paper = `<rect class="paper" x="${-margin}" y="${-margin}" width="100%" height="100%" rx="8"/>`;
  return `${lineChart(chart)
    .replace(/^<svg viewBox="[^"]*"/, `<svg xmlns="http://www.w3.org/2000/svg" ${sized}`)
    .replace("</desc>\n", `</desc>\n<style>${rules}${CHART_STYLE}</style>\n${paper}\n`)}
`;
}
