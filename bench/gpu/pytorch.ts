import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Size } from "./step.ts";

const SCRIPT = fileURLToPath(new URL("./pytorch_deit.py", import.meta.url));

/** What PyTorch reached, or why it did not run. */
export type PyTorch = { readonly name: string; readonly imagesPerSecond: number } | { readonly why: string };

/** Images per second of the same step in PyTorch eager, the best of three timings. */
export async function pytorchRate(
  python: string,
  { batch, ...model }: Size,
  precision: "float32" | "bf16",
  steps: number,
): Promise<PyTorch> {
  const probe = "import torch; print('cuda' if torch.cuda.is_available() else 'cpu')";
  const found = await linesOf(python, ["-c", probe], 0);
  if ("why" in found) return found;
  const given = [String(batch), precision, found.lines[0]!, JSON.stringify(model)];
  const timed = await linesOf(python, [SCRIPT, ...given], steps);
  if ("why" in timed) return timed;
  const [name, ...times] = timed.lines;
  const fastest = Math.min(...times.map(Number));
  if (!(fastest > 0)) return { why: `PyTorch said '${times.join(", ")}' in place of milliseconds` };
  return { name: name!, imagesPerSecond: (batch * steps) / (fastest / 1e3) };
}

/** The lines that a program prints, asked three times for `steps` steps if there are any. */
async function linesOf(
  python: string,
  given: readonly string[],
  steps: number,
): Promise<{ readonly lines: readonly string[] } | { readonly why: string }> {
  const child = spawn(python, given, { stdio: ["pipe", "pipe", "pipe"] });
  const errors: string[] = [];
  child.stderr.on("data", (text) => errors.push(String(text)));
  child.stdin.on("error", () => {}); // a program that has ended; its exit status tells
  child.stdin.end(steps > 0 ? `${steps}\n`.repeat(3) : "");
  const ended = new Promise<string | undefined>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (status) => resolve(status === 0 ? undefined : lastLine(errors)));
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) lines.push(line);
  const why = await ended;
  return why === undefined ? { lines } : { why: `${python}: ${why}` };
}

function lastLine(errors: readonly string[]): string {
  return errors.join("").trim().split("\n").at(-1) || "it ended without a message";
}
