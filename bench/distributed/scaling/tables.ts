import { config, type VitSize } from "deit-model";
import { figure } from "../../figure.ts";
import { table } from "../../table.ts";
import { gigaflops } from "../../wasm/step/model-flops.ts";
import type { MeasuredHere, ModelCompute } from "./measured.ts";
import { type Algorithm, efficiency, type Host, mostRows, type Network, sumSeconds } from "./model.ts";

const HOSTS = [8, 64, 1000];
/** Gbit/s. */
const RATES = [10, 25, 100];
const CORES = 16;
/** Rows of a core's micro-batch, what the trainer's default budget holds of DeiT-Ti at 224². */
const MICRO_BATCH = 4;
const SIZES: readonly VitSize[] = [config.deitTiny, config.deitSmall, config.deitBase];
/** A step of one training on an H100 by WebGPU (packages/webgpu-kernels/README.md), DeiT-Ti/16, 128 rows. */
const GPU = { step: 0.217, onGpu: 0.096, rows: 128 };

const bytesOf = ({ parameters }: ModelCompute): number => 4 * parameters;

function networkOf(measured: MeasuredHere, gigabits: number, bf16: boolean): Network {
  const { smallSum, ofTheWire, sumHere, sumHereAsBf16, compute } = measured;
  return {
    rate: gigabits * 1e9 * ofTheWire,
    latency: smallSum / 2 / 1e3, // the numbers, and before them whether all ranks call the same
    perByteHere: (bf16 ? sumHereAsBf16 : sumHere) / 1e3 / bytesOf(compute[0]!),
  };
}

function sumOf(
  measured: MeasuredHere,
  model: ModelCompute,
  hosts: number,
  gigabits: number,
  how: How,
): number {
  const bytes = bytesOf(model);
  const network = networkOf(measured, gigabits, how.bf16);
  const by = (algorithm: Algorithm) =>
    sumSeconds(algorithm, hosts, network, bytes, how.bf16 ? bytes / 2 : bytes);
  return how.algorithm === undefined ? Math.min(by("ring"), by("tree")) : by(how.algorithm);
}

interface How {
  /** Default: the faster. */
  readonly algorithm?: Algorithm;
  readonly bf16: boolean;
}

/** Milliseconds of a sum of gradients. */
export function sumsTable(measured: MeasuredHere): string {
  const ways: readonly How[] = [
    { algorithm: "ring", bf16: false },
    { algorithm: "tree", bf16: false },
    { algorithm: "tree", bf16: true },
  ];
  const header = RATES.flatMap((rate) => [`${rate} Gbit/s: ring`, "tree", "tree, bf16"]);
  const lines = measured.compute.flatMap((model) =>
    HOSTS.map((hosts) => [
      `${model.name}, ${hosts} hosts`,
      ...RATES.flatMap((rate) => ways.map((how) => figure(1e3 * sumOf(measured, model, hosts, rate, how)))),
    ]),
  );
  return table("l".padEnd(1 + header.length, "r"), ["ms", ...header], lines);
}

/** Kinds of hosts that the page has. */
export type HostKind = "cores" | "gpu";

function hostOf({ ofTwoRanks }: MeasuredHere, model: ModelCompute, index: number, kind: HostKind): Host {
  if (kind === "cores") {
    return {
      passes: (rows) => (Math.ceil(rows / CORES) * model.perImage) / ofTwoRanks,
      perStep: model.perStep,
      microBatch: CORES * MICRO_BATCH,
    };
  }
  const work = (one: number) => gigaflops(SIZES[one]!, { backward: true });
  const perImage = (GPU.onGpu / GPU.rows) * (work(index) / work(0));
  const passes = (rows: number): number =>
    Math.ceil(rows / GPU.rows) * Math.max(GPU.step, Math.min(rows, GPU.rows) * perImage);
  return { passes, perStep: 0, microBatch: GPU.rows };
}

const WAYS = [
  { name: "float32", bf16: false, overlap: false },
  { name: "overlap", bf16: false, overlap: true },
  { name: "bf16", bf16: true, overlap: false },
  { name: "both", bf16: true, overlap: true },
] as const;

/** Efficiency of a batch divided among hosts, in percent. */
export function efficiencyTable(measured: MeasuredHere, kind: HostKind, batchSize: number): string {
  const header = RATES.flatMap((rate) =>
    WAYS.map(({ name }, i) => (i === 0 ? `${rate} Gbit/s: ${name}` : name)),
  );
  const lines = measured.compute.flatMap((model, index) =>
    HOSTS.map((hosts) => [
      `${model.name}, ${hosts} hosts of ${mostRows(batchSize, hosts)} rows`,
      ...RATES.flatMap((rate) =>
        WAYS.map(({ bf16, overlap }) => {
          const sum = sumOf(measured, model, hosts, rate, { bf16 });
          return (
            100 * efficiency(hostOf(measured, model, index, kind), batchSize, hosts, sum, overlap)
          ).toFixed(0);
        }),
      ),
    ]),
  );
  return table("l".padEnd(1 + header.length, "r"), ["%", ...header], lines);
}

const BATCHES = [1024, 4096];
const ENOUGH = 0.5;
const MOST_HOSTS = 4096;

/** Most hosts, a power of two, that are at least half used. */
export function limitsTable(measured: MeasuredHere): string {
  const kinds: readonly (readonly [HostKind, string])[] = [
    ["cores", `${CORES} cores`],
    ["gpu", "GPU"],
  ];
  const header = BATCHES.flatMap((batch) => RATES.map((rate) => `${batch} rows, ${rate} Gbit/s`));
  const lines = measured.compute.flatMap((model, index) =>
    kinds.map(([kind, name]) => [
      `${model.name}, ${name}`,
      ...BATCHES.flatMap((batchSize) =>
        RATES.map((rate) => {
          const host = hostOf(measured, model, index, kind);
          const isEnough = (hosts: number) =>
            efficiency(host, batchSize, hosts, sumOf(measured, model, hosts, rate, { bf16: false }), false) >=
            ENOUGH;
          let most = 1;
          while (most < MOST_HOSTS && isEnough(2 * most)) most *= 2;
          return String(most);
        }),
      ),
    ]),
  );
  return table("l".padEnd(1 + header.length, "r"), ["hosts", ...header], lines);
}

/** What was measured of a model on one core. */
export function computeTable({ compute }: MeasuredHere): string {
  const lines = compute.map((model) => [
    model.name,
    String(model.parameters),
    figure(bytesOf(model) / 1e6),
    figure(1e3 * model.perImage),
    figure(1e3 * model.perStep),
  ]);
  return table("lrrrr", ["model", "weights", "MB of gradients", "ms an image", "ms a step besides"], lines);
}

/** What a sum costs after and beside a micro-batch's passes. */
export function overlapTable({ overlaps }: MeasuredHere): string {
  const lines = overlaps.map(({ name, passes, after, beside, copies, ofAStep }) => [
    name,
    ...[passes, after, beside].map(figure),
    `${(100 * ofAStep).toFixed(1)}%`,
    figure(copies),
  ]);
  const header = [
    "two ranks",
    "passes, ms",
    "then a sum, ms",
    "a sum beside them, ms",
    "saves of a step of 32 rows",
    "copies out and back, ms",
  ];
  return table("lrrrrr", header, lines);
}
