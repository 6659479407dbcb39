import { percent } from "./format.ts";

const LENGTH = 30;

/** A photo's classes as bars of their probabilities. */
export function probabilityBars(
  title: string,
  classes: readonly { readonly name: string; readonly probability: number }[],
): string {
  const width = classes.reduce((most, { name }) => Math.max(most, name.length), 0);
  const lines = classes.map(({ name, probability }) => {
    const filled = Math.round(probability * LENGTH);
    const bar = "█".repeat(filled) + "·".repeat(LENGTH - filled);
    return `  ${name.padEnd(width)}  ${bar}  ${percent(probability).padStart(6)}`;
  });
  return [title, ...lines].join("\n");
}
