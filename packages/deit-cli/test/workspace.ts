import { editsOf } from "../src/options/edits-of.ts";
import { resolveSettings } from "../src/settings/resolve-settings.ts";
import type { Settings } from "../src/settings/settings.ts";
import type { LineOutput } from "../src/terminal/live-line.ts";

/** An output that keeps what it is given. */
export function recorder(isTTY = false, columns = 120): LineOutput & { readonly text: () => string } {
  const parts: string[] = [];
  return { write: (part: string) => parts.push(part), isTTY, columns, text: () => parts.join("") };
}

/** Settings of options of the command line, by name. */
export function settingsOf(options: Readonly<Record<string, unknown>>): Settings {
  return resolveSettings(editsOf(options));
}
