// Who may import whom. The layout is one-way: whoever breaks it finds out here, not from a cycle a year later.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { publicPackages, root } from "../scripts/packages.ts";
import { importedPackages } from "./readme-example.ts";

/** Siblings that a package's published code may import. */
const ARROWS: Record<string, readonly string[]> = {
  "known-options": [],
  "sample-keys": [],
  "masked-crc32c": [],
  "onnx-writer": ["known-options"],
  "tfjs-to-onnx": ["known-options", "onnx-writer"],
  "kernel-contract": [],
  "stochastic-depth": ["kernel-contract", "known-options", "sample-keys"],
  "vit-blocks": ["kernel-contract", "known-options", "sample-keys", "stochastic-depth"],
  "safetensors-io": ["known-options"],
  "hub-files": ["known-options", "safetensors-io"],
  "tensorboard-events": ["known-options", "masked-crc32c"],
  "named-weights": ["known-options", "masked-crc32c", "safetensors-io"],
  "deit-model": ["known-options", "named-weights", "safetensors-io", "sample-keys", "vit-blocks"],
  "tfjs-to-graph": ["known-options", "named-weights", "safetensors-io"],
  "vit-export": ["deit-model", "known-options", "safetensors-io", "tfjs-to-graph", "tfjs-to-onnx"],
  "tfjs-optim": ["kernel-contract", "known-options"],
  "train-loop": [
    "kernel-contract",
    "known-options",
    "safetensors-io",
    "sample-keys",
    "tensorboard-events",
    "tfjs-optim",
  ],
  "mpi-communicator": ["known-options", "train-loop"],
  "distill-trainer": [
    "kernel-contract",
    "known-options",
    "safetensors-io",
    "sample-keys",
    "tfjs-optim",
    "train-loop",
    "vision-augment",
  ],
  "saved-model-to-graph": ["known-options", "named-weights", "safetensors-io"],
  "open-classifier": [
    "deit-model",
    "distill-trainer",
    "known-options",
    "named-weights",
    "safetensors-io",
    "saved-model-to-graph",
    "train-loop",
  ],
  "vision-augment": ["known-options", "sample-keys"],
  "image-source": ["known-options", "sample-keys", "vision-augment"],
  "flowers-data": ["image-source", "known-options", "sample-keys", "vision-augment"],
  "bit-teacher": ["kernel-contract", "known-options", "named-weights", "sample-keys"],
  "wasm-kernels": ["kernel-contract", "known-options"],
  "webgpu-kernels": ["kernel-contract", "known-options"],
  "tensorflow-kernels": ["kernel-contract"],
  // The kernels are optional: imported only where they are installed.
  "tfjs-backends": ["known-options", "tensorflow-kernels", "wasm-kernels", "webgpu-kernels"],
};
/** Packages whose main entry is for browsers too: what needs Node lies behind another. */
const FOR_BROWSERS = [
  "known-options",
  "safetensors-io",
  "sample-keys",
  "kernel-contract",
  "tfjs-optim",
  "train-loop",
  "distill-trainer",
  "stochastic-depth",
  "vit-blocks",
  "masked-crc32c",
  "onnx-writer",
  "tfjs-to-graph",
  "tfjs-to-onnx",
  "saved-model-to-graph",
  "vit-export",
  "named-weights",
  "deit-model",
  "bit-teacher",
  "vision-augment",
  "image-source",
  "flowers-data",
  "tensorflow-kernels",
  "webgpu-kernels",
];
/** Files beside the sources that only tests use, and that are not published. */
const FOR_TESTS = /\.test\.ts$|(^|\/)test-data\.ts$/;
/** A file without its doc comments, whose examples import what they like. */
const code = (path: string) => readFileSync(path, "utf8").replace(/\/\*\*[\s\S]*?\*\//g, "");
const packages = publicPackages();
const names = packages.map(({ name }) => name);

describe.each(packages)("$name", ({ name, folder, manifest }) => {
  const sources = readdirSync(join(folder, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !FOR_TESTS.test(path))
    .map((path) => ({ path, imports: importedPackages(code(join(folder, "src", path))) }));
  const needed = { ...manifest.dependencies, ...manifest.peerDependencies };

  test("imports only the siblings that it may", () => {
    for (const { path, imports } of sources) {
      const siblings = imports.filter((one) => names.includes(one));
      expect(ARROWS[name], path).toEqual(expect.arrayContaining(siblings));
    }
    const siblings = Object.keys(needed).filter((one) => names.includes(one));
    expect([...siblings].sort()).toEqual([...(ARROWS[name] ?? ["not in the table"])].sort());
  });

  test("its files, tests too, import nothing by a path that leaves the package", () => {
    const files = readdirSync(join(folder, "src"), { recursive: true, encoding: "utf8" });
    for (const path of files.filter((file) => file.endsWith(".ts"))) {
      const text = readFileSync(join(folder, "src", path), "utf8");
      for (const [, target] of text.matchAll(/\bfrom "(\.[^"]+)"/g))
        expect(join("src", dirname(path), target!), path).toMatch(/^(src|test|fixtures)\//);
    }
  });

  test("has tfjs as a peer, never as a dependency", () => {
    const tfjs = Object.keys(manifest.dependencies ?? {}).filter((one) => one.startsWith("@tensorflow/"));
    expect(tfjs).toEqual([]);
    for (const [peer, range] of Object.entries(manifest.peerDependencies ?? {})) {
      if (peer.startsWith("@tensorflow/")) expect(range, peer).toBe("^4.22.0");
    }
  });

  const entries = Object.keys(manifest.exports).filter(
    (entry) => entry === "./browser" || (entry === "." && FOR_BROWSERS.includes(name)),
  );
  test.each(entries)("its entry %s needs nothing of Node", (entry) => {
    const file = (manifest.exports[entry] as Record<string, string>)["@deit/source"]!;
    const reached = new Set([file.replace("./src/", "")]);
    for (const path of reached) {
      const text = code(join(folder, "src", path));
      expect(text, path).not.toMatch(/from "(node:|[\w-]+\/node"|sharp"|tar")/);
      for (const [, next] of text.matchAll(/from "(\.[^"]+)"/g)) reached.add(join(dirname(path), next!));
    }
    expect(reached.size).toBeGreaterThan(1);
  });

  test("chooses no backend", () => {
    const backends = sources.filter(({ imports }) => imports.some((one) => /tfjs-(backend|node)/.test(one)));
    if (!["tfjs-backends", "wasm-kernels"].includes(name))
      expect(backends.map(({ path }) => path)).toEqual([]);
  });
});

/** The files that each TypeScript file of the repository imports by path, types included. */
const graph = new Map(
  ["packages", "examples", "bench", "scripts", "test"].flatMap((top) =>
    sourcesUnder(top).map((path) => {
      const text = readFileSync(join(root, path), "utf8");
      const targets = [...text.matchAll(/(?:\bfrom|\bimport\()\s*"(\.[^"]+\.ts)"/g)];
      return [path, targets.map(([, target]) => join(dirname(path), target!))] as const;
    }),
  ),
);

function sourcesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(node_modules|dist|\..*)$/.test(entry.name) ? [] : sourcesUnder(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

/** The first circle that there is: its nodes, the first one again at the end. */
function circle(edges: ReadonlyMap<string, Iterable<string>>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of edges.get(node) ?? []) {
      const found = visit(next);
      if (found !== undefined) return found;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const found = visit(node);
    if (found !== undefined) return found;
  }
  return undefined;
}

test("no file imports itself by way of others, in examples, benchmarks and tests neither", () => {
  expect(graph.size).toBeGreaterThan(500);
  expect(circle(graph)).toBeUndefined();
  expect(circle(new Map([...graph, ["a", ["b"]], ["b", ["c"]], ["c", ["a"]]]))).toEqual(["a", "b", "c", "a"]);
});

test.each(["train-loop", "distill-trainer", "deit-cli"])("the rooms of %s import one way", (name) => {
  const source = `packages/${name}/src/`;
  /** A folder of `src`, or a file beside them that is not one of the package's doors. */
  const roomOf = (path: string) => path.slice(source.length).split("/")[0]!;
  const isDoor = (room: string) => /^(index|browser|node|main|cli)\.ts$/.test(room);
  const rooms = new Map<string, Set<string>>();
  for (const [path, targets] of graph) {
    if (!path.startsWith(source) || FOR_TESTS.test(path) || isDoor(roomOf(path))) continue;
    const own = rooms.get(roomOf(path)) ?? new Set();
    rooms.set(roomOf(path), own);
    for (const target of targets) if (roomOf(target) !== roomOf(path)) own.add(roomOf(target));
  }
  expect(rooms.size).toBeGreaterThan(4);
  expect(circle(rooms)).toBeUndefined();
});
