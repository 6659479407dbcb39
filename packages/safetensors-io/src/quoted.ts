const LONGEST = 60;

/** Quotes text from a file for an error message: as JSON, truncated to about 60 characters. */
export function quoted(text: string): string {
  return text.length > LONGEST ? `${JSON.stringify(text.slice(0, LONGEST))}…` : JSON.stringify(text);
}

/** Lists numbers from a file for an error message: `[2,3]`, or the first eight and their count. */
export function listed(numbers: readonly number[]): string {
  const rest = numbers.length > 8 ? `,… (${numbers.length} numbers)` : "";
  return `[${numbers.slice(0, 8)}${rest}]`;
}
