import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { installWasmKernels } from "../install.ts";
import { base64 as relaxedSimd } from "../modules/relaxed-simd.generated.ts";
import { base64 as simd } from "../modules/simd.generated.ts";
import { base64 as wide } from "../modules/wide.generated.ts";
import { decode } from "../side-module.ts";
import { firstDifference, wideModule } from "./wide-module.ts";

const MERGES = process.arch === "x64" && Number(process.versions.node.split(".")[0]) >= 24;
const HAS_RELAXED = Number(process.versions.node.split(".")[0]) >= 22;

beforeAll(async () => {
  await startBackend("wasm"); // installs the kernels too
});
afterEach(() => vi.unstubAllEnvs());

/** What the kernels say of themselves when they are installed with these options. */
function installed(options: Parameters<typeof installWasmKernels>[0]) {
  installWasmKernels().uninstall();
  const { build, bits, why, uninstall } = installWasmKernels(options);
  uninstall();
  return { build, bits, why };
}

/**
 * Output of a program of this package's `test` folder, with what V8 says of each function that it looks through for pairs;
 * into a file, since V8 loses what a pipe does not take at once, and from one compiling thread, since two mix their lines.
 */
function run(program: string, args: string[] = [], more: string[] = []): string {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const path = fileURLToPath(new URL(`../../test/${program}`, import.meta.url));
  const flags = ["--conditions=@deit/source", "--import", tsx, ...more];
  const v8 = ["--trace-wasm-revectorize", "--wasm-num-compilation-tasks=1"];
  const folder = mkdtempSync(join(tmpdir(), "wide-"));
  try {
    const output = openSync(join(folder, "output"), "w");
    const stdio = ["ignore", output, "inherit"] as const;
    const { status } = spawnSync(process.execPath, [...flags, ...v8, path, ...args], { stdio: [...stdio] });
    closeSync(output);
    expect(status).toBe(0);
    return readFileSync(join(folder, "output"), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("where V8 does not merge", () => {
  test.skipIf(MERGES)("128 bits run, and the reason names what would be faster", () => {
    const why = "Node 24 or later on x86-64 would train up to twice as fast";
    expect(installed({})).toMatchObject({ bits: 128, why });
    installWasmKernels().uninstall();
    expect(() => installWasmKernels({ wide: "on" })).toThrow(`installWasmKernels: wide is "on", but ${why}`);
  });
});

describe.runIf(MERGES)("where V8 merges", () => {
  test("256 bits run unless they are turned off", () => {
    expect(installed({})).toEqual({ build: "relaxed-simd", bits: 256, why: undefined });
    expect(installed({ wide: "on" })).toMatchObject({ bits: 256 });
    expect(installed({ wide: "off" })).toMatchObject({ bits: 128, why: 'wide is "off"' });
    expect(installed({ build: "simd" })).toEqual({ build: "simd", bits: 128, why: 'build is "simd"' });
    vi.stubEnv("WASM_KERNELS_WIDE", "off");
    expect(installed({})).toMatchObject({ bits: 128, why: "WASM_KERNELS_WIDE=off" });
    installWasmKernels().uninstall();
    expect(() => installWasmKernels({ wide: "on" })).toThrow('wide is "on", but WASM_KERNELS_WIDE=off');
    expect(() => installWasmKernels({ wide: "on", build: "simd" })).toThrow(
      'wide is "on", but build is "simd"',
    );
  });

  test("the module is compiled once a process", () => {
    expect(wideModule().module).toBeInstanceOf(WebAssembly.Module);
    expect(wideModule()).toBe(wideModule());
  });

  test("nothing but the module and its probe is compiled under the flag, on any thread", async () => {
    const [alone, beside] = await Promise.all([
      run("compile-beside.ts", ["alone"]),
      run("compile-beside.ts"),
    ]);
    expect(beside).toContain("worker: 256 bits\n256 bits");
    const merged = (text: string) => text.split("Begin revec function").length - 1;
    expect(merged(alone)).toBeGreaterThan(20);
    expect(merged(beside)).toBe(merged(alone));
  });

  test("where V8's flags are frozen, 128 bits run", () => {
    expect(run("compile-beside.ts", ["alone"], ["--freeze-flags-after-init"])).toBe("128 bits\n");
  });

  test("five workers that install at once without the main thread run 128 bits", () => {
    expect(run("compile-in-workers.ts").trim().split("\n")).toEqual(
      new Array(5).fill("128 bits: the main thread installed no kernels before this one started"),
    );
  });
});

describe.runIf(HAS_RELAXED)("the check of the results", () => {
  const compile = (base64: string) => new WebAssembly.Module(decode(base64));

  test("passes the wide build, merged or not: sums have the order of the 128-bit build", () => {
    expect(firstDifference(compile(wide), compile(relaxedSimd))).toBeUndefined();
  });

  test("finds what is rounded another way", () => {
    expect(firstDifference(compile(simd), compile(relaxedSimd))).toMatch(/^matmul 13x37x29/);
  });
});

test.runIf(MERGES)("a product has the same bits with 256 and with 128", () => {
  const [wide, narrow] = (["on", "off"] as const).map((choice) => {
    installWasmKernels().uninstall();
    const kernels = installWasmKernels({ wide: choice });
    const product = tf.tidy(() =>
      tf.matMul(tf.randomNormal([50, 70], 0, 1, "float32", 1), tf.ones([70, 33])).dataSync(),
    );
    kernels.uninstall();
    return product;
  });
  expect(wide).toEqual(narrow);
});
