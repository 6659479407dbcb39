import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import ts from "typescript";
import { publicPackages } from "../../scripts/packages.ts";
import type { ExampleModule } from "./modules.ts";
import { saysPrinted } from "./printed.ts";

type Exports = Record<string, unknown>;
type Program = (
  require: (spec: string) => Exports,
  exports: Exports,
  print: (saying: number, ...values: unknown[]) => void,
) => Promise<void>;

/** A line that prints, or throws, and what its comment says of it. */
interface Saying {
  readonly line: number;
  readonly comment: string;
  readonly printed: string[];
}

/**
 * Runs the modules of one file, in order, on the cpu backend, in an empty folder and without a network. Returns what is not as the
 * documentation says, a line each: what else is printed or thrown, and a `norun` on a block that runs.
 */
export async function runErrors(modules: readonly ExampleModule[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "examples-"));
  const [cwd, fetch] = [process.cwd(), globalThis.fetch];
  process.chdir(folder);
  globalThis.fetch = async () => {
    throw new Error("an example runs without a network");
  };
  await startBackend("cpu");
  tf.engine().startScope();
  const errors: string[] = [];
  const done = new Map<string, Exports>();
  try {
    for (const module of modules) errors.push(...(await runModule(module, done)));
  } finally {
    process.chdir(cwd);
    globalThis.fetch = fetch;
    tf.engine().endScope();
    tf.disposeVariables();
    rmSync(folder, { recursive: true });
  }
  return errors;
}

async function runModule(
  { block, path, text }: ExampleModule,
  done: Map<string, Exports>,
): Promise<string[]> {
  const at = (line: number, error: string): string => `${block.path}:${block.line + line}: ${error}`;
  const { code, sayings } = instrument(path, text);
  const exports: Exports = { __esModule: true };
  done.set(path, exports);
  try {
    const modules = new Map<string, Exports>();
    for (const { fileName } of ts.preProcessFile(code, true, true).importedFiles) {
      modules.set(fileName, done.get(fileName) ?? { __esModule: true, ...(await load(fileName)) });
    }
    const program = new AsyncFunction("require", "exports", "$print", code) as Program;
    await program(
      (spec) => modules.get(spec)!,
      exports,
      (i, ...values) => sayings[i]!.printed.push(format(...values)),
    );
  } catch (error) {
    return block.norun ? [] : [at(0, String((error as Error).stack))];
  }
  if (block.norun) return [at(0, "runs: needs no 'norun'")];
  return sayings
    .map((it) => ({ ...it, printed: it.printed.join(", ") }))
    .filter(({ comment, printed }) => comment !== "" && !saysPrinted(comment, printed))
    .map(({ line, comment, printed }) => at(line, `says '${comment}', prints '${printed}'`));
}

const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => unknown;

/** Imports a module: of this repository from its sources. */
function load(spec: string): Promise<Exports> {
  const door = packages.flatMap(({ name, folder, manifest: { exports } }) =>
    spec === name || spec.startsWith(`${name}/`)
      ? { folder, files: exports[`.${spec.slice(name.length)}`] }
      : [],
  )[0];
  const files = door?.files as Record<string, string> | undefined;
  return import(files ? join(door!.folder, files["@deit/source"]!) : spec);
}

const packages = publicPackages();

/** JavaScript that notes what each `console.log` prints and each statement throws that says so, with what is said. */
function instrument(path: string, text: string): { code: string; sayings: Saying[] } {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const sayings: Saying[] = [];
  const edits: { start: number; end: number; text: string }[] = [];
  const say = (node: ts.Node, comment: string): number => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line;
    return sayings.push({ line, comment, printed: [] }) - 1;
  };
  const visit = (node: ts.Node, statement: ts.Node): void => {
    const comment = commentAfter(text, statement);
    if (ts.isCallExpression(node) && node.expression.getText() === "console.log") {
      const { end } = node.expression;
      const print = `$print(${say(node, comment)}${node.arguments.length > 0 ? ", " : ""}`;
      edits.push({ start: node.getStart(), end: text.indexOf("(", end) + 1, text: print });
    } else if (
      node === statement &&
      /^\w*Error: /.test(comment) &&
      !node.getText().startsWith("console.log")
    ) {
      const i = say(node, comment);
      edits.push({ start: node.getStart(), end: node.getStart(), text: "try { " });
      edits.push({
        start: node.end,
        end: node.end,
        text: ` } catch ($error) { $print(${i}, String($error)); }`,
      });
    }
    ts.forEachChild(node, (child) => visit(child, ts.isExpressionStatement(child) ? child : statement));
  };
  visit(source, source);
  let edited = text;
  for (const { start, end, text: put } of edits.sort((a, b) => b.start - a.start)) {
    edited = edited.slice(0, start) + put + edited.slice(end);
  }
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS };
  return { code: ts.transpileModule(edited, { compilerOptions }).outputText, sayings };
}

function commentAfter(text: string, statement: ts.Node): string {
  const [range] = ts.getTrailingCommentRanges(text, statement.end) ?? [];
  return range ? text.slice(range.pos + 2, range.end).trim() : "";
}
