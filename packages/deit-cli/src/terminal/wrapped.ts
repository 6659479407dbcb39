export const NO_BREAK_SPACE = "\u00a0";

/**
 * Text in lines of at most `width` characters, broken at spaces, no-break ones excepted; a longer word has a line of its own.
 *
 * @returns Lines without spaces at their ends; at least one. No-break spaces have become spaces.
 */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => one.replaceAll(NO_BREAK_SPACE, " "));
}
