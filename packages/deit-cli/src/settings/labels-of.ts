import type { KeepLabelsOptions } from "image-source/node";

/** The amount that `10%`, `300` or `20/class` says; `undefined` for other texts. */
export function labelsOf(text: string): Omit<KeepLabelsOptions, "seed"> | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(%|\/class)?$/.exec(text) ?? [];
  const amount = Number(number);
  if (!(amount > 0)) return undefined;
  if (unit === "%") return amount <= 100 ? { share: amount / 100 } : undefined;
  if (!Number.isInteger(amount)) return undefined;
  return unit === undefined ? { count: amount } : { perClass: amount };
}
