/** Formats a value in at most 60 characters. */
export function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) {
    const name = Object.getPrototypeOf(value)?.constructor?.name ?? "object";
    if (name !== "Object" && name !== "Array") return `an instance of ${name}`;
  }
  const text = typeof value === "string" ? `'${value}'` : (plain(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Formats an object as JSON; `undefined` for anything else and for circular objects. */
function plain(value: unknown): string | undefined {
  if (typeof value !== "object") return undefined;
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
