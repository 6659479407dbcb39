import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A process that runs one step per request. */
export interface Rival {
  readonly name: string;
  /** Milliseconds of one step. */
  step(): Promise<number>;
  stop(): void;
}

/**
 * Starts a rival's script and waits for its first line, its name; then a line for each step. Says why, if it does not run.
 *
 * @param python - An interpreter with what the script imports.
 * @param words - Its arguments.
 */
export async function startRival(
  python: string,
  script: string,
  ...words: readonly (number | string)[]
): Promise<Rival | string> {
  const child = spawn(python, [script, ...words.map(String)], { stdio: ["pipe", "pipe", "pipe"] });
  const errors: string[] = [];
  child.stderr.on("data", (text) => errors.push(String(text)));
  child.stdin.on("error", () => {}); // a script that has ended; the missing answer tells
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = once(child, "error").then(([error]) => (error as Error).message);
  const first = await Promise.race([lines.next(), failed]);
  if (typeof first === "string") return `the interpreter did not start: ${first}`;
  if (first.done) {
    // Standard error may still be on its way when standard output has ended.
    if (child.exitCode === null) await once(child, "close");
    return `the script did not start: ${errors.join("").trim().split("\n").at(-1) ?? "no message"}`;
  }
  return {
    name: first.value,
    async step() {
      child.stdin.write("\n");
      const { value, done } = await lines.next();
      if (done) throw new Error(`bench: the rival's script ended: ${errors.join("").trim()}`);
      return Number(value);
    },
    stop() {
      child.stdin.end();
    },
  };
}
