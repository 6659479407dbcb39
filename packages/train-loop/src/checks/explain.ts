/** Adds to an error's message, where it can be added to (a DOMException's cannot). */
export function addToMessage(error: unknown, text: string): void {
  if (!(error instanceof Error) || error instanceof DOMException) return;
  error.message += text;
}
