import { signal } from "@preact/signals";

/** The sentence that screen readers speak next. */
export const announcement = signal("");

/** Speaks a sentence, politely: at the ends of things, not for each step. */
export function announce(text: string): void {
  announcement.value = text;
}
