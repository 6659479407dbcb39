import { standaloneChart } from "../../packages/deit-cli/src/chart/standalone-chart.ts";
import { labelOf } from "./blocks.ts";
import type { ResultRow } from "./row.ts";

/** Colors of the curves, distinct for the color-blind (Okabe and Ito), the light ones darkened to be read as text. */
const COLORS = ["#0072b2", "#b84f00", "#007a58", "#a8477f", "#8a6100", "#1f6f9c", "#333333", "#6b6b6b"];
const ON_DARK = ["#56b4e9", "#f08a3c", "#3ec7a0", "#e59fc4", "#e9b949", "#8fcbf0", "#e6e6e6", "#a8a8a8"];
const SHAPES = ["circle", "square", "triangle", "diamond"] as const;
/** Width of a letter of a label, about. */
const LETTER = 7.3;

/** The runs' accuracy by epoch as an SVG file of its own; what was distilled is drawn through, the rest dashed. */
export function curvesSvg(rows: readonly ResultRow[]): string {
  const curves = rows
    .filter(({ epochs }) => epochs > 0)
    .map((row, i) => ({
      ...{ name: labelOf(row), label: labelOf(row), values: row.valAccuracy },
      ...{ style: `c${i % COLORS.length}`, shape: SHAPES[i % SHAPES.length]! },
      dashed: !row.model.includes("distilled"),
    }));
  const labelWidth = 20 + LETTER * Math.max(...curves.map(({ label }) => label.length));
  const chart = {
    ...{ title: "Accuracy on held-out photos", axis: "accuracy on held-out photos", id: "curves", curves },
    ...{ width: Math.round(520 + labelWidth), height: 320, labelWidth: Math.round(labelWidth) },
    format: (value: number) => `${Number((100 * value).toFixed(1))}%`,
  };
  return standaloneChart(chart, { light: rulesOf(COLORS), dark: rulesOf(ON_DARK) });
}

function rulesOf(colors: readonly string[]): string {
  return colors.map((color, i) => `.c${i} { color: ${color}; }`).join(" ");
}
