import type { z } from "zod";

/** Parses JSON, with or without the byte order mark that editors on Windows put in front. */
export function parseJson(text: string): unknown {
  return JSON.parse(text.replace(/^\uFEFF/, ""));
}

/**
 * The value of a JSON text that fits a schema.
 *
 * @param place - Source of the text, for the error.
 * @throws Error naming the place, and the part of the value that does not fit.
 */
export function parseChecked<S extends z.ZodType>(place: string, text: string, schema: S): z.infer<S> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new Error(`${place}: expected JSON, got: ${(cause as Error).message}`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const part = path.length === 0 ? "" : `${path.join(".")}: `;
  throw new Error(`${place}: ${part}${message.replace(/^Invalid input: /, "")}`);
}
