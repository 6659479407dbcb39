import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { FIGURED } from "../scripts/figures/examples.ts";
import { computedBy, type Figured, type Figures, fillFigures } from "../scripts/figures/figures.ts";

/** Percentage points by which another build of the kernels may move an accuracy: it rounds otherwise, step after step. */
const OTHER_BUILD_POINTS = 8;
/** And a last loss. */
const OTHER_BUILD_LOSS = 0.1;

/** What `docs/figures.json` has of an example; expects its README to show that. */
export function shownFigures({ name, readme: path, text }: Figured): Figures {
  const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
  const figures = (JSON.parse(read("docs/figures.json")) as Record<string, Figures>)[name]!;
  const readme = read(path);
  expect(words(readme), "README").toBe(words(fillFigures(readme, text(figures))));
  return figures;
}

/**
 * Compares what an example printed with what its README shows. The same build of the kernels has to give the same figures to
 * their last digit.
 */
export function expectFigures(name: string, printed: string): void {
  const example = FIGURED.find((one) => one.name === name)!;
  const shown = shownFigures(example);
  const values = example.read(printed);
  const build = (by: string) => by.split(", ")[1];
  const isSameBuild = build(computedBy(printed)) === build(shown.computedBy);
  for (const [key, value] of Object.entries(shown.values)) {
    const tolerance = isSameBuild ? 0 : /loss$/i.test(key) ? OTHER_BUILD_LOSS : OTHER_BUILD_POINTS;
    const difference = Math.abs(values[key]! - value);
    expect(difference, `${key}: ${values[key]}, in docs/figures.json ${value}`).toBeLessThanOrEqual(
      tolerance,
    );
  }
}

/** Without the spaces and dashes that the formatter lines a table up with. */
export function words(text: string): string {
  return text.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");
}
