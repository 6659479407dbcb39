import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { writeScalingPage } from "./distributed/scaling/page.ts";
import { writePage } from "./page.ts";
import { Recorder, type SuiteOptions } from "./report.ts";

type Suite = (recorder: Recorder, options: SuiteOptions) => Promise<void>;

/** Suites by name, each loaded only when it is run. */
const SUITES: Readonly<Record<string, () => Promise<{ suite: Suite; parts: readonly string[] }>>> = {
  backends: async () => {
    const { backendsSuite, backendsParts } = await import("./backends/suite.ts");
    return { suite: backendsSuite, parts: backendsParts };
  },
  distributed: async () => {
    const { distributedSuite, distributedParts } = await import("./distributed/suite.ts");
    return { suite: distributedSuite, parts: distributedParts };
  },
  trainer: async () => {
    const { trainerSuite, trainerParts } = await import("./trainer/suite.ts");
    return { suite: trainerSuite, parts: trainerParts };
  },
  wasm: async () => {
    const { wasmSuite, wasmParts } = await import("./wasm/suite.ts");
    return { suite: wasmSuite, parts: wasmParts };
  },
  web: async () => {
    const { webSuite, webParts } = await import("./web/suite.ts");
    return { suite: webSuite, parts: webParts };
  },
  webgpu: async () => {
    const { webGpuSuite, webGpuParts } = await import("./webgpu/suite.ts");
    return { suite: webGpuSuite, parts: webGpuParts };
  },
};
const USAGE = `usage: bench <${[...Object.keys(SUITES), "page"].join(" | ")}> [--quick] [--python <interpreter>] [--only <part>]`;
/** Results of other Node versions get a file of their own. */
const REFERENCE_NODE = 24;

interface Command {
  readonly name: string;
  readonly options: SuiteOptions;
}

function readCommand(): Command | string {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: "boolean", default: false },
        python: { type: "string" },
        only: { type: "string" },
      },
    });
    const [name = "", ...more] = positionals;
    if (more.length > 0) return `bench: expected one suite, got '${positionals.join(" ")}'; ${USAGE}`;
    if (name !== "page" && !Object.hasOwn(SUITES, name)) {
      return `bench: expected a suite of this list, got '${name}'; ${USAGE}`;
    }
    const { quick, python, only } = values;
    const given = { ...(python === undefined ? {} : { python }), ...(only === undefined ? {} : { only }) };
    return { name, options: { quick, ...given } };
  } catch (error) {
    return `bench: ${(error as Error).message.split(". ")[0]}; ${USAGE}`;
  }
}

/** @returns What is wrong with the command, if anything. */
async function run({ name, options }: Command): Promise<string | undefined> {
  if (name !== "page") {
    const { suite, parts } = await SUITES[name]!();
    if (options.only !== undefined && !parts.includes(options.only)) {
      return `bench: expected --only to be one of ${parts.join(", ")}, got '${options.only}'`;
    }
    const recorder = new Recorder();
    await suite(recorder, options);
    if (options.only !== undefined) return undefined;
    writeResults(name, options, recorder);
  }
  writePage();
  writeScalingPage();
  return undefined;
}

function writeResults(name: string, options: SuiteOptions, recorder: Recorder): void {
  const major = Number(process.versions.node.split(".")[0]);
  const stem = major === REFERENCE_NODE ? name : `${name}-node${major}`;
  const results = new URL("./results/", import.meta.url);
  mkdirSync(results, { recursive: true });
  const write = (file: string, content: unknown): void =>
    writeFileSync(new URL(file, results), `${JSON.stringify(content, null, 2)}\n`);
  write(`${stem}.json`, recorder.rows);
  write(`${stem}.about.json`, recorder.about(name, commandLine(name, options, major)));
}

/** The command that reproduces the figures; the interpreter's path is left out. */
function commandLine(name: string, { quick, python }: SuiteOptions, major: number): string {
  const flags = `${quick ? " --quick" : ""}${python === undefined ? "" : " --python <interpreter>"}`;
  if (major === REFERENCE_NODE) return `npx pnpm@12 bench ${name}${flags}`;
  const script = `node --import tsx --conditions=@deit/source bench/main.ts ${name}${flags}`;
  return `npx -p node@${major} -c '${script}'`;
}

/** Left to itself, tfjs' WASM module would have Node print all of its source before the error. */
function fail(error: Error): undefined {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
}

const command = readCommand();
const wrong = typeof command === "string" ? command : await run(command).catch(fail);
if (wrong !== undefined) {
  process.stderr.write(`${wrong}\n`);
  process.exitCode = 2;
}
