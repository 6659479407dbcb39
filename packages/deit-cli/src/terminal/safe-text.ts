import { ERASE_REST } from "./live-line.ts";

/** Control characters, line and paragraph separators, and what turns the direction of text around. */
const UNSAFE = /\r\n|[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/**
 * Text that cannot move the cursor, change colors or reorder what is read: such characters, which file and class names may
 * hold, become `\u001b`. Line breaks (CSV's CR and LF too), tabs and what a live line is drawn with stay. JSON means the same afterwards.
 *
 * @see https://cwe.mitre.org/data/definitions/150.html
 */
export function safeText(text: string): string {
  const drawn = text.startsWith("\r") ? "\r" : "";
  const rest = text.slice(drawn.length);
  return drawn + rest.split(ERASE_REST).map(withoutControls).join(ERASE_REST);
}

/** The same for a page: there is nothing to draw with. */
export function withoutControls(text: string): string {
  return text.replace(UNSAFE, (character) =>
    character === "\r\n" || character === "\n" || character === "\t"
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
