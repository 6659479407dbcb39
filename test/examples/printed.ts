/**
 * Whether a comment says what was printed. It may leave out white space, quotes and the name of a typed array, round numbers
 * to the decimals that it gives, put `…` for anything, and go on after a comma, colon or semicolon.
 *
 * @example
 * console.log(saysPrinted("[0.33, 1], a third", "[ 0.3333333, 1 ]")); // true
 */
export function saysPrinted(comment: string, printed: string): boolean {
  return matches(normalized(comment), normalized(printed));
}

function normalized(text: string): string {
  return text
    .replaceAll(/\w+Array\(\d+\)|["'`]/g, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([^\w.-]) ?/g, "$1")
    .trim();
}

function matches(said: string, shown: string): boolean {
  if (said.startsWith("…")) {
    for (let at = 0; at <= shown.length; at++) if (matches(said.slice(1), shown.slice(at))) return true;
    return false;
  }
  if (said === "" || shown === "") return shown === "" && /^([,:;]|$)/.test(said);
  const [one, other] = [said, shown].map((text) => /^-?\d+(\.\d+)?(e[+-]?\d+)?/.exec(text));
  if (one && other) {
    return isRounded(one, other) && matches(said.slice(one[0].length), shown.slice(other[0].length));
  }
  return said[0] === shown[0] && matches(said.slice(1), shown.slice(1));
}

function isRounded([text, decimals]: RegExpExecArray, [exact]: RegExpExecArray): boolean {
  const unit = decimals === undefined ? 1e-6 : 10 ** (1 - decimals.length);
  return Math.abs(Number(text) - Number(exact)) <= 0.5001 * unit;
}
