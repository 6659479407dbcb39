// Values of several parts, as the command line has them.
import type { ClassWeight } from "distill-trainer";
import { UsageError } from "../process/usage-error.ts";

/** A number of seeds, or a list of them; what is no number stays a text, which is refused. */
export function seedsOf(typed: unknown): unknown {
  const parts = String(typed).split(",");
  const list = parts.map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : part));
  return list.length === 1 ? list[0] : list;
}

/** A size of squares, or `heightxwidth`; what is neither stays a text, which is refused. */
export function imageSizeOf(typed: unknown): unknown {
  const [, height, width] = /^(\d+)(?:[x×](\d+))?$/.exec(String(typed).trim()) ?? [];
  if (height === undefined) return typed;
  if (width === undefined || Number(width) === Number(height)) return Number(height);
  return [Number(height), Number(width)];
}

/** What one would type for an image size. */
export function typedSize(value: unknown): string {
  return Array.isArray(value) ? value.join("x") : String(value ?? "");
}

/** `balanced`, or weights of classes by name; a name may have `=` in it. */
export function classWeightsOf(typed: unknown): unknown {
  if (typed === "balanced") return typed;
  return String(typed)
    .split(",")
    .map((part) => {
      const [, name, weight] = /^(.+)=([^=]+)$/.exec(part.trim()) ?? [];
      if (name !== undefined && Number.isFinite(Number(weight))) return { name, weight: Number(weight) };
      throw new UsageError(`--class-weights: expected balanced, or class=weight, …, got '${typed}'`);
    });
}

/** What one would type for class weights. */
export function typedWeights(value: unknown): string {
  if (!Array.isArray(value)) return String(value ?? "");
  return (value as readonly ClassWeight[]).map(({ name, weight }) => `${name}=${weight}`).join(",");
}

/** `auto`, `off`, or pairs of layers; the student's layer may be left out. */
export function hintsOf(typed: unknown): object | undefined {
  if (typed === "off") return undefined;
  if (typed === "auto") return {};
  const pairs = String(typed)
    .split(",")
    .map((pair) => pair.trim().split(":"));
  if (pairs.some((names) => names.length > 2 || names.includes(""))) {
    throw new UsageError(`--hints: expected teacherLayer:studentLayer, … or auto or off, got '${typed}'`);
  }
  return {
    pairs: pairs.map(([teacher, student]) => ({ teacher, ...(student !== undefined && { student }) })),
  };
}

/** What one would type for the hints of a recipe. */
export function typedHints(value: unknown): string {
  if (value === undefined) return "off";
  const { pairs = [] } = value as { readonly pairs?: readonly { teacher: string; student?: string }[] };
  const words = pairs.map(({ teacher, student }) =>
    student === undefined ? teacher : `${teacher}:${student}`,
  );
  return words.join(",") || "auto";
}
