import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Recorder, SuiteOptions } from "../../report.ts";
import type { Outcome, Outcomes } from "./accuracy-process.ts";

const SCRIPT = fileURLToPath(new URL("./accuracy-process.ts", import.meta.url));
const SEEDS = [1, 2, 3];
/** Student's t for a 95% interval of the mean of three: two degrees of freedom. */
const T = 4.303;
const ID = "Small ViT, 12 epochs, mixed_float16 against float32";

type Pair = Exclude<Outcomes, { readonly missing: string }>;

/** What half precision in products changes in a whole small training. */
export async function halfRows(recorder: Recorder, { quick }: SuiteOptions): Promise<void> {
  const pairs: Pair[] = [];
  for (const seed of SEEDS) {
    const outcomes = await outcomesOf(seed, quick ? 1 : 12, quick ? 200 : 1000);
    if ("missing" in outcomes) return recorder.skip(ID, outcomes.missing);
    pairs.push(outcomes);
  }
  const differences = [
    ["loss of the last epoch", "loss"],
    ["held-out loss", "validationLoss"],
    ["held-out accuracy", "accuracy"],
  ] as const;
  for (const [name, key] of differences) {
    const [ours, other] = [meanOf(pairs, "mixed_float16", key), meanOf(pairs, "float32", key)];
    const row = { id: `${ID}: ${name}`, ours, other, otherName: "float32", unit: "mean of 3 seeds" };
    recorder.add({ ...row, ratio: null, target: null });
    recorder.note(`${ID}, ${name}: the difference is ${interval(pairs, key)} (95% interval of three seeds).`);
  }
}

/** A process for each seed: it has a Vulkan driver of its own, which has half precision. */
async function outcomesOf(seed: number, epochs: number, pictures: number): Promise<Outcomes> {
  const flags = ["--import", "tsx", "--conditions=@deit/source"];
  const { VK_ICD_FILENAMES: _, ...env } = process.env;
  const given = [...flags, SCRIPT, ...[seed, epochs, pictures].map(String)];
  const { stdout } = await promisify(execFile)(process.execPath, given, { env });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Outcomes;
}

function meanOf(pairs: readonly Pair[], precision: keyof Pair, key: keyof Outcome): number {
  return mean(pairs.map((pair) => pair[precision][key]));
}

function interval(pairs: readonly Pair[], key: keyof Outcome): string {
  const differences = pairs.map(({ float32, mixed_float16 }) => mixed_float16[key] - float32[key]);
  const center = mean(differences);
  const variance = differences.reduce((sum, x) => sum + (x - center) ** 2, 0) / (differences.length - 1);
  const half = T * Math.sqrt(variance / differences.length);
  return `${center.toFixed(4)} ± ${half.toFixed(4)}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
