/** A part of a line. Of two, the one with the higher rank is left out first; those of rank 0 never are. */
export interface LinePart {
  readonly text: string;
  readonly rank: number;
  /** In place of `text` where what cannot be left out is too long. */
  readonly short?: string;
}

/** As many parts as fit into `width` characters, with two spaces between them; what is too long even then is cut. */
export function fitted(parts: readonly LinePart[], width: number): string {
  let kept = parts.filter(({ text }) => text !== "");
  const text = (): string => kept.map((part) => part.text).join("  ");
  while (text().length > width) {
    const most = Math.max(...kept.map(({ rank }) => rank));
    if (most === 0) break;
    kept = kept.filter(({ rank }) => rank !== most);
  }
  if (text().length > width) kept = kept.map(({ text, short = text, rank }) => ({ text: short, rank }));
  return text().slice(0, width);
}
