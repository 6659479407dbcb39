import { withoutControls } from "../terminal/safe-text.ts";

/** Text escaped for HTML and its attributes; characters that reorder text are shown as `\\u202e`. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return withoutControls(text).replace(/[&<>"]/g, (character) => entities[character]!);
}
