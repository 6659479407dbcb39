/** JSON as editors on Windows save it, too: with a byte order mark in front, which is not part of it. */
export function parseJson(text: string): unknown {
  return JSON.parse(text.replace(/^\uFEFF/, ""));
}
