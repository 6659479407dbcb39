import { quoted } from "./quoted.ts";

const MAX_SAFE_DIGITS = 16;
/** Characters that need a JSON parser: escapes, and those that JSON forbids. */
const NOT_PLAIN = /[\\\p{Cc}]/u;

/**
 * Parser of the JSON in a header: objects of known depth, strings, lists of integers. Unlike `JSON.parse` it rejects
 * duplicate keys, nests no deeper than the format, and reports positions.
 */
export class HeaderScanner {
  private readonly text: string;
  private readonly whole: string;
  private at = 0;

  /** @param whole - The text in errors. */
  constructor(text: string, whole = "the header") {
    this.text = text;
    this.whole = whole;
  }

  /** Parses `{"key": value, …}`; `read` must parse each value. */
  object<Value>(label: string, read: (key: string) => Value): Map<string, Value> {
    const values = new Map<string, Value>();
    this.expect("{", label);
    if (this.take("}")) return values;
    do {
      const key = this.string(label);
      if (values.has(key)) throw new RangeError(`${label}: ${quoted(key)} appears twice`);
      this.expect(":", label);
      values.set(key, read(key));
    } while (this.take(","));
    this.expect("}", label);
    return values;
  }

  /** Parses a string; `key` is that of its value, for errors. */
  string(label: string, key?: string): string {
    if (!this.take('"')) this.fail('"', key === undefined ? label : `${label} ${quoted(key)}`);
    const begin = this.at - 1;
    for (;;) {
      const end = this.text.indexOf('"', this.at);
      if (end < 0) this.fail('"', label, this.text.length);
      let slashes = 0;
      while (this.text[end - 1 - slashes] === "\\") slashes++;
      this.at = end + 1;
      if (slashes % 2 === 0) break;
    }
    const plain = this.text.slice(begin + 1, this.at - 1);
    if (!NOT_PLAIN.test(plain)) return plain;
    try {
      return JSON.parse(this.text.slice(begin, this.at)) as string; // a string: it starts and ends with a quote
    } catch {
      throw new RangeError(`${label}: expected a JSON string at character ${begin} of ${this.whole}`);
    }
  }

  /** Parses `[1, 2, …]`, integers from 0 to 2^53 − 1. */
  integers(label: string): number[] {
    this.expect("[", label);
    const numbers: number[] = [];
    if (this.take("]")) return numbers;
    do numbers.push(this.integer(label));
    while (this.take(","));
    this.expect("]", label);
    return numbers;
  }

  /** Skips any JSON value, without recursion, and returns its text. */
  value(label: string): string {
    this.skipSpace();
    const begin = this.at;
    let depth = 0;
    do {
      this.skipSpace();
      const mark = this.text[this.at];
      if (mark === undefined) this.fail("a value", label);
      if (mark === '"') {
        this.string(label);
        continue;
      }
      if (mark === "[" || mark === "{") depth++;
      else if (depth > 0 && (mark === "]" || mark === "}")) depth--;
      else if (depth === 0) {
        const token = /[^\s,\]}]*/y;
        token.lastIndex = this.at;
        this.at += token.exec(this.text)![0].length;
        continue;
      }
      this.at++;
    } while (depth > 0);
    if (this.at === begin) this.fail("a value", label);
    return this.text.slice(begin, this.at);
  }

  /** Checks that only spaces follow. */
  end(): void {
    this.skipSpace();
    if (this.at < this.text.length) this.fail("the end", "the header");
  }

  private integer(label: string): number {
    this.skipSpace();
    const token = /[^\s,\]}]{0,40}/y;
    token.lastIndex = this.at;
    const [digits = ""] = token.exec(this.text) ?? [];
    const value = Number(digits);
    if (!/^(0|[1-9]\d*)$/.test(digits) || digits.length > MAX_SAFE_DIGITS || !Number.isSafeInteger(value)) {
      throw new RangeError(`${label}: expected whole numbers from 0 to 2^53 - 1, got ${digits || "none"}`);
    }
    this.at += digits.length;
    return value;
  }

  private take(mark: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== mark) return false;
    this.at++;
    return true;
  }

  private expect(mark: string, label: string): void {
    if (!this.take(mark)) this.fail(mark, label);
  }

  private fail(expected: string, label: string, at = this.at): never {
    const got = this.text[at] === undefined ? "the end" : JSON.stringify(this.text[at]);
    throw new RangeError(`${label}: expected ${expected} at character ${at} of ${this.whole}, got ${got}`);
  }

  private skipSpace(): void {
    while (" \n\r\t".includes(this.text[this.at] ?? "x")) this.at++;
  }
}
