/** A word for a command line, quoted where a shell needs it. */
export function shellWord(text: string): string {
  if (/^[\p{L}\p{M}\p{N}\\/:.,_@%+=-]+$/u.test(text)) return text;
  return process.platform === "win32" ? `"${text}"` : `'${text.replaceAll("'", "'\\''")}'`;
}
