/** Replacer of `JSON.stringify` for NaN and infinities, which JSON lacks. */
export function packNumber(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? { $number: String(value) } : value;
}

/** Reviver of `JSON.parse` for what {@link packNumber} has packed. */
export function unpackNumber(_: string, value: unknown): unknown {
  const packed = (value as { $number?: string } | null)?.$number;
  return packed === undefined ? value : Number(packed);
}
