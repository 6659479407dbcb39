// A run that is killed for good, again and again, ends as the run that never was.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { uniform } from "sample-keys";
import { build } from "tsup";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyProgram } from "../../test/killed-program.ts";
import { EPOCHS, STEPS_PER_EPOCH } from "./test-data.ts";

const KILLS = { wasm: 14, cpu: 6 } as const;
/** A child lives for 1 to this many steps, of 60 in all, and then for 0 to so many ms: in them it trains or saves. */
const MOST_STEPS = 5;
const MOST_MS = 15;
let folder: string;

/** The child as one file of plain JavaScript: it starts in a fifth of the time that the sources would take. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "killed-run-"));
  const ours = [
    "deit-model",
    "kernel-contract",
    "sample-keys",
    "stochastic-depth",
    "tensorboard-events",
    "tfjs-backends",
  ];
  await build({
    ...{
      entry: { child: join(import.meta.dirname, "../../test/killed-program.ts") },
      outDir: folder,
      format: "esm",
    },
    ...{ target: "es2022", splitting: false, silent: true, config: false },
    outExtension: () => ({ js: ".mjs" }),
    external: [/^@tensorflow\/tfjs-[a-z-]+$/],
    noExternal: [...ours, "vit-blocks", "wasm-kernels"],
    esbuildOptions: (options) => {
      options.conditions = ["@deit/source"];
    },
  });
  const require = createRequire(createRequire(import.meta.url).resolve("tfjs-backends/package.json"));
  await mkdir(join(folder, "node_modules", "@tensorflow"), { recursive: true });
  for (const name of ["tfjs-core", "tfjs-layers", "tfjs-backend-cpu", "tfjs-backend-wasm"]) {
    const manifest = (name === "tfjs-layers" ? createRequire(import.meta.url) : require).resolve(
      `@tensorflow/${name}/package.json`,
    );
    await symlink(dirname(manifest), join(folder, "node_modules", "@tensorflow", name), "dir");
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Life {
  readonly lines: readonly string[];
  readonly signal: NodeJS.Signals | null;
}

/** Runs the child until it ends, or is killed `death.ms` after it has begun its `death.steps`th step. */
function live(backend: string, checkpoints: string, death?: { steps: number; ms: number }): Promise<Life> {
  const name = tinyProgram.name;
  const program = `import { ${name} } from ${JSON.stringify(join(folder, "child.mjs"))};
    await ${name}(${JSON.stringify(backend)}, ${JSON.stringify(checkpoints)});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  let timer: NodeJS.Timeout | undefined;
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    if (death !== undefined && text.split("go\n").length > death.steps) {
      timer ??= setTimeout(() => child.kill("SIGKILL"), death.ms);
    }
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0 || signal === "SIGKILL") resolve({ lines: text.trim().split("\n"), signal });
      else reject(new Error(`the child ended with code ${code}, signal ${signal}`));
    });
  });
}

/** Each step's number and loss, in the order of a log. */
async function lossesOf(log: string): Promise<unknown[]> {
  const lines = (await readFile(log, "utf8")).trimEnd().split("\n");
  return lines.flatMap((line) => {
    const { event, step, loss } = JSON.parse(line);
    return event === "step" ? [[step, loss]] : [];
  });
}

test.concurrent.each(["wasm", "cpu"] as const)(
  "killed at random moments, a run on %s ends with the same bits, and its log has each step once",
  async (backend) => {
    const whole = await live(backend, join(folder, `${backend}-whole`));
    const checkpoints = join(folder, `${backend}-killed`);
    const steps: number[] = [];
    let killed = 0;
    for (let i = 0; i < KILLS[backend]; i++) {
      const death = { steps: 1 + Math.floor(MOST_STEPS * uniform(7, 1, i)), ms: MOST_MS * uniform(7, 2, i) };
      const { signal, lines } = await live(backend, checkpoints, death);
      if (signal === null) break;
      expect(lines.filter((line) => line.startsWith("damaged"))).toEqual([]);
      killed += 1;
      steps.push(
        Math.max(0, ...(await readdir(checkpoints).catch(() => [])).map((name) => Number(/\d+/.exec(name)))),
      );
    }
    const last = await live(backend, checkpoints);
    expect(last.lines.at(-1)!.startsWith("end ")).toBe(true);
    expect(last.lines.at(-1)).toBe(whole.lines.at(-1));
    const [was, is] = [
      await lossesOf(`${join(folder, `${backend}-whole`)}.log`),
      await lossesOf(`${checkpoints}.log`),
    ];
    expect(was).toHaveLength(EPOCHS * STEPS_PER_EPOCH);
    expect(is).toEqual(was);
    expect(killed).toBe(KILLS[backend]);
    expect(new Set(steps).size).toBeGreaterThan(KILLS[backend] / 3);
  },
  300_000,
);
