import { lineChart } from "../../packages/deit-cli/src/html/line-chart.ts";
import { labelOf } from "./blocks.ts";
import type { ResultRow } from "./row.ts";

/** Colors of the curves, distinct for the color-blind (Okabe and Ito). */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999"];
const LINE = 20;

/** The runs' accuracy by epoch as an SVG file of its own; what was distilled is drawn through, the rest dashed. */
export function curvesSvg(rows: readonly ResultRow[]): string {
  const curves = rows
    .filter(({ epochs }) => epochs > 0)
    .map((row, i) => ({
      name: labelOf(row),
      style: `c${i % COLORS.length}`,
      values: row.valAccuracy,
      dashed: !row.model.includes("distilled"),
    }));
  const figure = lineChart({
    title: "Accuracy on held-out photos",
    curves,
    format: (value) => `${Number((100 * value).toFixed(1))}%`,
  });
  const [, label, plot] = /<svg [^>]*aria-label="([^"]*)">\n([\s\S]*?)<\/svg>/.exec(figure)!;
  const height = 300 + LINE * curves.length + 10;
  const legend = curves.map(({ name, style, dashed }, i) => {
    const y = 300 + LINE * (i + 1);
    const line = `<line class="curve ${style}${dashed ? " dashed" : ""}" x1="56" x2="92" y1="${y - 4}" y2="${y - 4}"/>`;
    return `${line}<text class="tick" x="100" y="${y}">${name}</text>`;
  });
  const colors = COLORS.map((color, i) => `.c${i}{stroke:${color}}`).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 ${height}" width="640" height="${height}" role="img" aria-label="${label}">
<style>.grid{stroke:#d9dee6}.tick{fill:#475063;font:12px system-ui,sans-serif}.curve{fill:none;stroke-width:2.25}.dashed{stroke-dasharray:5 4;stroke-width:1.75}${colors}</style>
<rect width="640" height="${height}" fill="#fff"/>
${plot}${legend.join("\n")}
</svg>
`;
}
