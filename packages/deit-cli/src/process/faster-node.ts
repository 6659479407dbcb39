import { shellWord } from "./shell-word.ts";

/**
 * How much faster it trains than Node 20: the demo, and DeiT-Ti at 224×224 with two replicas (README of deit-cli,
 * docs/benchmarks.md).
 */
export const FASTER = "1.6 to 1.9 times as fast";
/** Least major version whose V8 computes with 256 bits in WebAssembly. */
const WIDE_NODE = 24;

/** This Node, as far as it decides how fast the WASM backend trains. */
export interface ThisNode {
  readonly version: string;
  readonly arch: string;
}

/**
 * The command that runs the program with the same arguments on a Node that trains faster, from the npm registry alone, or
 * `undefined` where this one is such a Node or none is.
 *
 * @param backend - Name of the backend in use.
 * @param args - The program's arguments.
 */
export function fasterNode(
  backend: string,
  args: readonly string[],
  node: ThisNode = { version: process.versions.node, arch: process.arch },
): string | undefined {
  if (backend !== "wasm" || node.arch !== "x64") return undefined;
  if (Number(node.version.split(".")[0]) >= WIDE_NODE) return undefined;
  return `npx -p node@${WIDE_NODE} -p pnpm@12 ${["pnpm", "start", ...args.map(shellWord)].join(" ")}`;
}
