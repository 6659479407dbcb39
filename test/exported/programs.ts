// The programs that exported folders are checked with, as scripts/verifiers.sh brings them.
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../scripts/packages.ts";

/** A folder to open. */
export interface Job {
  readonly folder: string;
  /** Safetensors file of `pixel_values`, `logits` and, for keras-hub, `class_logits`. */
  readonly expected: string;
  /** Pictures to classify with each program's own preprocessing. */
  readonly photos: readonly string[];
}

/** Largest differences of logits by program, and first classes of photos by the programs that preprocess them. */
export interface Answers {
  readonly differences: Readonly<Record<string, number>>;
  readonly first: Readonly<Record<string, readonly string[]>>;
  /** Programs that do not have an operator, and which. */
  readonly unsupported?: Readonly<Record<string, string>>;
  /** Weights that transformers missed or did not expect; absent where the folder is not for it. */
  readonly loading?: object;
  readonly architecture?: string;
  readonly labels?: readonly string[];
  readonly "timm labels"?: readonly string[];
  readonly onnx?: { readonly ir: number; readonly opset: number };
}

export const VERIFIERS: string = join(root, ".verifiers");
export const PYTHON: string = process.env.PYTHON_EXPORT ?? join(VERIFIERS, "python/bin/python");

/** Whether the programs are there, or must be. */
export const areThere: boolean =
  existsSync(PYTHON) && existsSync(join(VERIFIERS, "node_modules/onnxruntime-node"));

/** Answers of transformers, timm, ONNX Runtime and ONNX's checker. */
export const pythonAnswers = (jobs: readonly Job[], at: string): Promise<Answers[]> =>
  answers(PYTHON, join(root, "test/exported/verify.py"), jobs, at);

/** Answers of keras-hub. */
export const kerasAnswers = (jobs: readonly Job[], at: string): Promise<Answers[]> =>
  answers(PYTHON, join(root, "test/exported/verify_keras_hub.py"), jobs, at);

/** Answers of onnxruntime-node, jax-js and, for folders with a config.json, transformers.js. */
export function nodeAnswers(jobs: readonly Job[], at: string): Promise<Answers[]> {
  const script = join(VERIFIERS, "verify.mjs"); // beside what it imports
  copyFileSync(join(root, "test/exported/verify.mjs"), script);
  return answers(process.execPath, script, jobs, at);
}

/** @param at - Folder for the list of jobs. */
async function answers(
  program: string,
  script: string,
  jobs: readonly Job[],
  at: string,
): Promise<Answers[]> {
  const list = join(at, "jobs.json");
  writeFileSync(list, JSON.stringify(jobs));
  const { stdout } = await promisify(execFile)(program, [script, list], {
    maxBuffer: 2 ** 28,
    timeout: 900_000,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1)!);
}
