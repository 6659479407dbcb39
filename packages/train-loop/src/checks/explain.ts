/** Appends text to an error's message, except a DOMException's, which is read-only. */
export function addToMessage(error: unknown, text: string): void {
  if (!(error instanceof Error) || error instanceof DOMException) return;
  error.message += text;
}
