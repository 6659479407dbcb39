// The packages as somebody else gets them: packed, installed by npm in an empty folder, and used in plain Node.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicPackages, root } from "../scripts/packages.ts";
import { run } from "../scripts/pnpm.ts";
import { bundleTests } from "./bundles/bundles.ts";
import { inABrowserTests } from "./bundles/in-a-browser.ts";
import { nodeBundleTests } from "./bundles/node-bundles.ts";
import { importedPackages, readmeExamples, readmeInstalls } from "./readme-example.ts";
import { type Installed, installTarballs } from "./tarballs.ts";

/** Upper bounds of the tarballs in kB, half as much again to twice what they are: a bundled tfjs would not fit. */
const BUDGET: Record<string, number> = {
  "bit-teacher": 75,
  "deit-model": 250,
  "distill-trainer": 270,
  "train-loop": 300,
  "flowers-data": 120,
  "hub-files": 70,
  "image-source": 340,
  "kernel-contract": 40,
  "known-options": 26,
  "masked-crc32c": 12,
  "mpi-communicator": 90,
  "named-weights": 190,
  "onnx-writer": 24,
  "tfjs-to-graph": 140,
  "open-classifier": 110,
  "saved-model-to-graph": 90,
  "tfjs-to-onnx": 60,
  "safetensors-io": 70,
  "vit-export": 70,
  "sample-keys": 18,
  "stochastic-depth": 44,
  "tensorboard-events": 40,
  "tensorflow-kernels": 34,
  "tfjs-optim": 75,
  "tfjs-backends": 140, // tfjs-core's gradients are in it
  "vision-augment": 110,
  "vit-blocks": 110,
  "wasm-kernels": 640,
  "webgpu-kernels": 220,
};
const packages = publicPackages();
const readmes = new Map(
  packages.map(({ name, folder }) => [name, readFileSync(join(folder, "README.md"), "utf8")]),
);
/** The first example of each package's README, and all of the repository's, by file name. */
const examples = new Map([
  ...packages.map(({ name }) => [name, readmeExamples(readmes.get(name)!)[0]!] as const),
  ...readmeExamples(readFileSync(join(root, "README.md"), "utf8")).map(
    (it, i) => [`repository-${i}`, it] as const,
  ),
]);
let installed: Installed;

beforeAll(() => {
  installed = installTarballs();
  for (const [name, program] of examples) writeFileSync(join(installed.folder, `${name}.mts`), program);
  const files = [...examples.keys()].map((name) => `${name}.mts`);
  const compilerOptions = {
    ...{ target: "es2022", lib: ["es2023", "dom"], module: "nodenext", types: [] },
    ...{ strict: true, skipLibCheck: true, outDir: ".", rootDir: "." },
  };
  writeFileSync(join(installed.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  // Checks the examples against the published types, and makes the JavaScript that runs below.
  const require = createRequire(import.meta.url);
  run(installed.folder, process.execPath, require.resolve("typescript/bin/tsc"), "-p", ".");
}, 600_000);
afterAll(() => rmSync(installed.folder, { recursive: true, force: true }));

describe.each(packages)("$name", ({ name, folder, manifest }) => {
  test("its tarball has the license and types, no tests, and is within its budget", () => {
    const { files, bytes } = installed.tarballs.get(name)!;
    expect(files).toEqual(
      expect.arrayContaining(
        ["LICENSE", "README.md", "dist/index.js", "dist/index.d.ts"].map((f) => `package/${f}`),
      ),
    );
    expect(files.filter((file) => /\.test\.|\/(test|fixtures)\/|test-data/.test(file))).toEqual([]);
    expect(bytes / 1000).toBeLessThan(BUDGET[name] ?? 0);
  });

  test("its build leaves tfjs to be imported", () => {
    const { files } = installed.tarballs.get(name)!;
    for (const file of files.filter((path) => /\/dist\/.*\.js$/.test(path))) {
      const text = readFileSync(
        join(installed.folder, "node_modules", name, file.replace("package/", "")),
        "utf8",
      );
      expect(text, file).not.toContain("_tfengine"); // the global that tfjs-core makes
    }
  });

  const doors = Object.keys(manifest.exports).map((door) => join(name, door));
  test.each(doors)("%s is imported as an ES module", (door) => {
    const json = door.endsWith(".json") ? ', { with: { type: "json" } }' : "";
    const program = `console.log(Object.keys(await import("${door}"${json})).length)`;
    expect(
      Number(run(installed.folder, process.execPath, "--input-type=module", "-e", program)),
    ).toBeGreaterThan(0);
  });

  test.each(doors)("%s is required from CommonJS", (door) => {
    const program = `console.log(Object.keys(require("${door}")).length)`;
    const printed = run(installed.folder, process.execPath, "--input-type=commonjs", "-e", program);
    expect(Number(printed)).toBeGreaterThan(0);
  });

  test.runIf(manifest.sideEffects === false)(
    "a bundle that uses nothing of it has nothing of it",
    async () => {
      for (const door of doors.filter((path) => !path.endsWith(".json"))) {
        expect((await bundleOf(`import "${door}";`)).trim(), door).toBe("");
      }
    },
  );

  test("npm refuses to pack it, with what to use", () => {
    const npm = process.platform === "win32" ? "npm.cmd" : "npm";
    for (const command of [["pack"], ["publish", "--registry=http://localhost:9"]]) {
      expect(() => run(folder, npm, ...command, "--dry-run", "--loglevel=error")).toThrow(
        /prepack: expected pnpm, got npm-cli\.js, which would leave "workspace:\^"/,
      );
    }
    const packed = readFileSync(join(installed.folder, "node_modules", name, "package.json"), "utf8");
    expect(packed).not.toMatch(/workspace:|catalog:|prepack/);
  });

  test("its README says what its example needs", () => {
    const readme = readmes.get(name)!;
    expect(readmeInstalls(readme)).toEqual(expect.arrayContaining(importedPackages(examples.get(name)!)));
  });
});

test("TypeScript takes them from CommonJS as the READMEs say: by nodenext, and by import() under node16", () => {
  const doors = packages.map(({ name }) => name);
  const required = doors.map((door, i) => `import * as it${i} from "${door}";`);
  const used = `console.log([${doors.map((_, i) => `it${i}`)}].length);`;
  const files = {
    "required.cts": [...required, used].join("\n"),
    "imported.cts": `void Promise.all([${doors.map((door) => `import("${door}")`)}]).then((all) => console.log(all.length));`,
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(installed.folder, file), text);
  const compile = (file: string, module: string) =>
    run(
      installed.folder,
      process.execPath,
      createRequire(import.meta.url).resolve("typescript/bin/tsc"),
      ...[
        "--module",
        module,
        "--target",
        "es2022",
        "--lib",
        "es2023,dom",
        "--strict",
        "--skipLibCheck",
        "--ignoreConfig",
        file,
      ],
    );
  compile("required.cts", "nodenext");
  expect(run(installed.folder, process.execPath, "required.cjs")).toBe(`${doors.length}\n`);
  expect(() => compile("required.cts", "node16")).toThrow("error TS1479");
  compile("imported.cts", "node16");
  expect(run(installed.folder, process.execPath, "imported.cjs")).toBe(`${doors.length}\n`);
});

test.each([
  ["nodenext", { module: "nodenext" }],
  ["bundler", { module: "preserve", moduleResolution: "bundler" }],
] as const)(
  "strict TypeScript takes all doors under %s; what skipLibCheck hides is not theirs",
  (name, module) => {
    const doors = packages.flatMap(({ name, manifest: { exports } }) =>
      Object.keys(exports).flatMap((door) => (door.endsWith(".json") ? [] : [join(name, door)])),
    );
    const program = doors
      .map((door, i) => `import * as it${i} from "${door}";\nconsole.log(it${i});`)
      .join("\n");
    writeFileSync(join(installed.folder, `${name}.mts`), program);
    const compile = (skipLibCheck: boolean) => {
      const compilerOptions = {
        ...{
          target: "es2022",
          lib: ["es2023", "dom"],
          types: ["node"],
          typeRoots: [join(root, "node_modules/@types")],
        },
        ...{ ...module, strict: true, noEmit: true, skipLibCheck },
      };
      const config = join(installed.folder, `tsconfig.${name}.json`);
      writeFileSync(config, JSON.stringify({ compilerOptions, files: [`${name}.mts`] }));
      const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
      return spawnSync(process.execPath, [tsc, "-p", config], { cwd: installed.folder, encoding: "utf8" })
        .stdout;
    };
    expect(compile(true)).toBe("");
    const files = compile(false).match(/^\S[^(\n]*(?=\(\d+,\d+\): error)/gm)!;
    expect(files.filter((file) => !/@tensorflow|@webgpu|typescript\/lib/.test(file))).toEqual([]);
    expect(files).not.toEqual([]); // else the READMEs need not mention it
  },
);

test("a bundle that imports only stochasticDepth stays under 6 kB beyond tfjs, without tfjs-layers", async () => {
  const bundle = await bundleOf('export { stochasticDepth } from "stochastic-depth";');
  expect(bundle).toContain("dropProb");
  expect(Buffer.byteLength(bundle)).toBeLessThan(6000);
  expect(bundle).not.toContain("tfjs-layers");
});

test("a bundle that imports tfjs-backends, and nothing of it, has the gradients it registers", async () => {
  const bundle = await bundleOf('import "tfjs-backends";');
  for (const op of ["Atan2", "Conv3D", "UnsortedSegmentSum"]) expect(bundle).toContain(`"${op}"`);
});

test.each([...examples.keys()])("the README's example of %s runs as written", (name) => {
  expect(run(installed.folder, process.execPath, `${name}.mjs`)).not.toBe("");
});

bundleTests(() => installed.folder);
inABrowserTests(() => installed.folder);
nodeBundleTests(() => installed.folder);

/** What esbuild makes of a program in the folder of the installed packages: minified, tfjs left out. */
async function bundleOf(program: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: installed.folder },
    ...{ bundle: true, minify: true, write: false, format: "esm", platform: "node", logLevel: "error" },
    external: ["@tensorflow/*", "sharp"],
    logOverride: { "ignored-bare-import": "silent" },
  });
  return outputFiles[0]!.text;
}
