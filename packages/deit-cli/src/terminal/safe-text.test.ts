import { expect, test } from "vitest";
import { escapeHtml } from "../html/escape-html.ts";
import { safeText } from "./safe-text.ts";

test.each([
  ["red \x1b[31m", "red \\u001b[31m"],
  ["title \x1b]0;owned\x07", "title \\u001b]0;owned\\u0007"],
  ["eight bits \x9b31m\x7f", "eight bits \\u009b31m\\u007f"],
  ["over\rwritten", "over\\u000dwritten"],
  ["abc\u202egpj.exe", "abc\\u202egpj.exe"],
  ["\u2066isolated\u2069", "\\u2066isolated\\u2069"],
  ["line\u2028separator", "line\\u2028separator"],
])("%j is shown as %j", (text, shown) => {
  expect(safeText(text)).toBe(shown);
});

test("words of any language, line breaks, tabs and a live line pass", () => {
  const text = "\rcafé 花 שלום 🌻\n\tnext\x1b[K";
  expect(safeText(text)).toBe(text);
});

test("lines of CSV end as RFC 4180 has it", () => {
  expect(safeText("file,class\r\na\x1b.jpg,b\r\n")).toBe("file,class\r\na\\u001b.jpg,b\r\n");
});

test("JSON means the same", () => {
  const value = { file: "a\x9b\u202e\x1b.jpg" };
  expect(JSON.parse(safeText(JSON.stringify(value)))).toEqual(value);
});

test("a name in the report neither makes elements nor reorders its line", () => {
  expect(escapeHtml('<b>"a\u202egpj.exe"</b>')).toBe("&lt;b&gt;&quot;a\\u202egpj.exe&quot;&lt;/b&gt;");
});
