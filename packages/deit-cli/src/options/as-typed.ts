import { UsageError } from "../process/usage-error.ts";
import { kebab } from "./kebab.ts";
import { OPTION_NAMES, optionOf } from "./option-table.ts";

const TEXTS: ReadonlySet<string> = new Set(OPTION_NAMES.filter((name) => optionOf(name).kind === "text"));

/**
 * Options with texts as they were typed: the parser makes numbers of all that look like one, of `007` 7, of `1.10` 1.1, of nothing 0.
 *
 * @param given - What the parser made, by name.
 * @param words - What it read.
 * @throws UsageError for an option without a value, or given twice.
 */
export function asTyped(
  given: Readonly<Record<string, unknown>>,
  words: readonly string[],
): Record<string, unknown> {
  const typed = wordsOf(words);
  const entries = Object.entries(given).map(([name, value]) => {
    const option = name.length === 1 ? `-${name}` : `--${kebab(name)}`;
    if (Array.isArray(value))
      throw new UsageError(`${option}: expected it once, got it ${value.length} times`);
    const word = typed.get(name);
    if (word === "") throw new UsageError(`${option}: expected a value, got ''`);
    return [name, typeof value === "number" && TEXTS.has(name) ? (word ?? value) : value];
  });
  return Object.fromEntries(entries);
}

/** Values by the names of their options: `--a-b=c`, or `--a-b c`. */
function wordsOf(words: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const [i, word] of words.entries()) {
    if (word === "--") break;
    const [, name, joined] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const next = words[i + 1];
    const value = joined ?? (next?.startsWith("-") ? undefined : next);
    if (name !== undefined && value !== undefined)
      found.set(
        name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
        value,
      );
  }
  return found;
}
