import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { installWasmKernels } from "../../packages/wasm-kernels/src/index.ts";
import { type Build, link } from "../../packages/wasm-kernels/src/side-module.ts";
import { interleaved } from "./measure.ts";

/** One line of the table and of `bench/results/wasm.json`. `ours` and `other` are in `unit`, bigger is better. */
interface Row {
  readonly id: string;
  readonly ours: number;
  readonly other: number;
  readonly otherName: string;
  readonly unit: string;
  readonly ratio: number;
  readonly target: number;
}

type Product = readonly [
  id: string,
  batch: number,
  m: number,
  n: number,
  k: number,
  ta: boolean,
  tb: boolean,
];

/** DeiT-Ti/16, 224², micro-batch 8, head size 64: 1,584 rows of tokens, 24 heads. */
const PRODUCTS: readonly Product[] = [
  ["qkv forward", 1, 1584, 576, 192, false, false],
  ["projection forward", 1, 1584, 192, 192, false, false],
  ["MLP in forward", 1, 1584, 768, 192, false, false],
  ["MLP out forward", 1, 1584, 192, 768, false, false],
  ["qkv dX", 1, 1584, 192, 576, false, true],
  ["MLP in dX", 1, 1584, 192, 768, false, true],
  ["MLP out dX", 1, 1584, 768, 192, false, true],
  ["qkv dW", 1, 192, 576, 1584, true, false],
  ["MLP in dW", 1, 192, 768, 1584, true, false],
  ["MLP out dW", 1, 768, 192, 1584, true, false],
  ["attention scores", 24, 198, 198, 64, false, true],
  ["attention values", 24, 198, 64, 198, false, false],
  ["attention dV", 24, 198, 64, 198, true, false],
];

/** Runs the suite, prints its table and writes `bench/results/wasm.json` and `docs/benchmarks.md`. */
export async function benchWasm({ quick }: { readonly quick: boolean }): Promise<void> {
  await tf.setBackend("wasm");
  await tf.ready();
  const { unregister, kernels, build } = captureKernels();
  const rows: Row[] = [];
  for (const product of PRODUCTS) rows.push(productRow(product, kernels, quick ? 3 : 9));
  rows.push(sweepRow(kernels, quick));
  rows.push(ceilingRow(kernels, build, quick ? 9 : 31));
  unregister();
  const lines = table(rows);
  console.log(`build: ${build}`);
  console.log(lines.join("\n"));
  mkdirSync(new URL("../results/", import.meta.url), { recursive: true });
  writeFileSync(new URL("../results/wasm.json", import.meta.url), `${JSON.stringify(rows, null, 2)}\n`);
  writeFileSync(new URL("../../docs/benchmarks.md", import.meta.url), page(lines, build, quick));
}

interface Kernels {
  readonly stock: tf.KernelFunc;
  readonly ours: tf.KernelFunc;
}

function captureKernels(): { kernels: Kernels; build: Build; unregister: () => void } {
  const stock = tf.getKernel("BatchMatMul", "wasm").kernelFunc;
  const installed = installWasmKernels();
  const ours = tf.getKernel("BatchMatMul", "wasm").kernelFunc;
  return { kernels: { stock, ours }, build: installed.build, unregister: () => installed.uninstall() };
}

function timeProduct(product: Product, { ours, stock }: Kernels, rounds: number): [number, number] {
  const [, batch, m, n, k, transposeA, transposeB] = product;
  const a = tf.randomNormal(transposeA ? [batch, k, m] : [batch, m, k]);
  const b = tf.randomNormal(transposeB ? [batch, n, k] : [batch, k, n]);
  const run = (kernel: tf.KernelFunc) => () => {
    const backend = tf.backend();
    const out = kernel({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend }) as tf.TensorInfo;
    backend.disposeData(out.dataId);
  };
  // Small products are repeated until the clock can see them.
  const repeats = Math.max(1, Math.floor(2e5 / (batch * m * n * k)));
  const repeated = (once: () => void) => () => {
    for (let i = 0; i < repeats; i++) once();
  };
  run(ours)();
  run(stock)();
  const [ourMs, stockMs] = interleaved(rounds, repeated(run(ours)), repeated(run(stock)));
  tf.dispose([a, b]);
  return [ourMs / repeats, stockMs / repeats];
}

function productRow(product: Product, kernels: Kernels, rounds: number): Row {
  const [id, batch, m, n, k, transposeA, transposeB] = product;
  const [ours, stock] = timeProduct(product, kernels, rounds);
  const flops = (2 * batch * m * n * k) / 1e6;
  const isFastInStock = batch === 1 && !transposeA && !transposeB;
  return row(id, flops / ours, flops / stock, "stock tfjs", "GFLOP/s", isFastInStock ? 1.8 : 20);
}

/** The worst ratio over shapes of 1 to 2048. */
function sweepRow(kernels: Kernels, quick: boolean): Row {
  const sides = quick ? [1, 5, 64, 512] : [1, 3, 5, 17, 64, 200, 512, 2048];
  let worst = row("sweep", 1, 0, "stock tfjs", "GFLOP/s", 1);
  for (const m of sides) {
    for (const n of sides) {
      for (const k of sides) {
        if (m * n * k > 2 ** 27) continue;
        for (const [ta, tb] of [
          [false, false],
          [false, true],
          [true, false],
          [true, true],
        ] as const) {
          const [ours, stock] = timeProduct(["", 1, m, n, k, ta, tb], kernels, 3);
          if (stock / ours >= worst.ratio) continue;
          const flops = (2 * m * n * k) / 1e6;
          const id = `sweep, worst of all: ${m}×${n}×${k}${ta ? ", a transposed" : ""}${tb ? ", b transposed" : ""}`;
          worst = row(id, flops / ours, flops / stock, "stock tfjs", "GFLOP/s", 1);
        }
      }
    }
  }
  return worst;
}

/** The packed product against multiply-adds on registers alone. */
function ceilingRow(kernels: Kernels, build: Build, rounds: number): Row {
  const rounded = 2_000_000;
  const peak = loadPeak(build);
  const [m, n, k] = [1584, 768, 192];
  const a = tf.randomNormal([m, k]);
  const b = tf.randomNormal([k, n]);
  const backend = tf.backend();
  const product = () => {
    const attrs = { transposeA: false, transposeB: false };
    backend.disposeData((kernels.ours({ inputs: { a, b }, attrs, backend }) as tf.TensorInfo).dataId);
  };
  product();
  peak(rounded);
  const [ours, ceiling] = interleaved(rounds, product, () => peak(rounded));
  tf.dispose([a, b]);
  const flops = (2 * m * n * k) / 1e6;
  return row("1584×768×192", flops / ours, (96 * rounded) / 1e6 / ceiling, "registers only", "GFLOP/s", 0.8);
}

/** The module's register-only loop, linked to a memory of its own: it touches none. */
function loadPeak(build: Build): (rounds: number) => number {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536 });
  return link(build, memory, () => 65536).functions.peak!;
}

function row(id: string, ours: number, other: number, otherName: string, unit: string, target: number): Row {
  return { id, ours, other, otherName, unit, ratio: other === 0 ? Number.MAX_VALUE : ours / other, target };
}

function table(rows: readonly Row[]): string[] {
  const lines = [
    "| what | ours | other | ratio | target | met |",
    "| --- | ---: | ---: | ---: | ---: | --- |",
  ];
  for (const { id, ours, other, otherName, unit, ratio, target } of rows) {
    const figures = `${ours.toFixed(2)} ${unit} | ${other.toFixed(2)} (${otherName})`;
    lines.push(
      `| ${id} | ${figures} | ${ratio.toFixed(2)} | ${target} | ${ratio >= target ? "yes" : "no"} |`,
    );
  }
  return lines;
}

function page(lines: readonly string[], build: string, quick: boolean): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}`;
  const command = `npx pnpm@12 bench wasm${quick ? " --quick" : ""}`;
  const date = new Date().toISOString().slice(0, 10);
  return `# Benchmarks

Generated by \`${command}\` on ${date}, ${machine}, Node ${process.version}, one thread, build ${build}. Medians, both sides
run in turn. Rates: more is better.

${lines.join("\n")}
`;
}
