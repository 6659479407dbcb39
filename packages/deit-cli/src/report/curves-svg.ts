import { standaloneChart } from "../chart/standalone-chart.ts";
import { COLORS, MODELS } from "../html/colors.ts";
import type { RunResult } from "../runs/run-result.ts";
import { accuracyChart } from "./page/curves.ts";

const SIZE = { width: 760, height: 360, labelWidth: 110 } as const;

/** Accuracy by epoch of a run's students, and the teacher's as a band, as an SVG file of its own. */
export function curvesSvg(result: Pick<RunResult, "models" | "environment">): string {
  const rules = (scheme: 0 | 1): string =>
    MODELS.map((name) => `.${name} { color: ${COLORS[name][scheme]}; }`).join(" ");
  return standaloneChart({ ...accuracyChart(result), ...SIZE }, { light: rules(0), dark: rules(1) });
}
