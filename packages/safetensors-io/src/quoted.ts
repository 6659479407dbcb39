const LONGEST = 60;

/** What a file says, for an error message: as JSON, in at most some 60 characters however long it is. */
export function quoted(text: string): string {
  return text.length > LONGEST ? `${JSON.stringify(text.slice(0, LONGEST))}…` : JSON.stringify(text);
}

/** Numbers that a file lists, for an error message: `[2,3]`, or the first eight and how many there are. */
export function listed(numbers: readonly number[]): string {
  const rest = numbers.length > 8 ? `,… (${numbers.length} numbers)` : "";
  return `[${numbers.slice(0, 8)}${rest}]`;
}
