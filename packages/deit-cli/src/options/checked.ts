import type { z } from "zod";
import { UsageError } from "../process/usage-error.ts";
import { kebab } from "./kebab.ts";

/**
 * Values that fit a schema.
 *
 * @throws UsageError naming the first option that does not, what was expected and what was given.
 */
export function checked<S extends z.ZodType>(
  schema: S,
  values: Readonly<Record<string, unknown>>,
): z.infer<S> {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const key = String(path[0] ?? "options");
  // Of zod's "Too big: expected number to be <=1, received 2" only what was expected: what came is said by us.
  const expected = message.replace(/^[A-Z][^:]*: /, "").replace(/, received .*$/, "");
  throw new UsageError(`--${kebab(key)}: ${expected}, got ${JSON.stringify(values[key])}`);
}
