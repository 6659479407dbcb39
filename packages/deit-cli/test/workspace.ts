import type { LineOutput } from "../src/terminal/live-line.ts";

/** An output that keeps what it is given. */
export function recorder(isTTY = false, columns = 120): LineOutput & { readonly text: () => string } {
  const parts: string[] = [];
  return { write: (part: string) => parts.push(part), isTTY, columns, text: () => parts.join("") };
}
