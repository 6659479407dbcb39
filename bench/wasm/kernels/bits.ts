import { compiled } from "../../../packages/wasm-kernels/src/side-module.ts";
import { wideModule } from "../../../packages/wasm-kernels/src/wide/wide-module.ts";
import { figure } from "../../figure.ts";
import { median, repeatsFor, timeRepeated } from "../../measure.ts";
import { type Recorder, rateRow } from "../../report.ts";
import { table } from "../../table.ts";
import type { PartOptions } from "../part-options.ts";
import { HOT_PAGES, type HotCall, hotCalls } from "./hot-calls.ts";

/** Below 1 minus this, twice, a call counts as slower. */
const NOISE = 0.03;
/** Milliseconds of one timing. */
const LONG_ENOUGH = 0.5;

interface Compared extends Pick<HotCall, "op" | "shape"> {
  /** Time with 128 bits over time with 256. */
  readonly ratio: number;
  /** Microseconds. */
  readonly wide: number;
  readonly narrow: number;
}

/** Every hot call in the 256-bit build against the 128-bit build, in turn, and the calls that are slower. */
export async function bitsRows(recorder: Recorder, { quick }: PartOptions): Promise<void> {
  const { module, why } = wideModule();
  if (module === undefined) {
    recorder.skip("sweep, 256 bits over 128 bits", why);
    return;
  }
  const memory = new WebAssembly.Memory({ initial: HOT_PAGES, maximum: 65536 });
  const [wide, narrow] = [module, compiled("relaxed-simd")].map(
    (one) => new WebAssembly.Instance(one, { env: { memory } }).exports as never,
  ) as [never, never];
  const all: Compared[] = [];
  for (const { op, shape, run } of hotCalls(narrow, memory)) {
    const sides = [() => run(wide), () => run(narrow)] as const;
    let compared = compare(sides, quick ? 5 : 9);
    if (compared.ratio < 1 - NOISE) compared = compare(sides, 31);
    all.push({ op, shape, ...compared });
  }
  const slower = all.filter(({ ratio }) => ratio < 1 - NOISE);
  const id = "sweep of hot calls, 256 bits not slower than 128 bits";
  recorder.add(rateRow(id, all.length - slower.length, all.length, "calls swept", "calls", 1));
  recorder.note(
    `The sweep of hot calls takes every C function on the shapes of DeiT-Ti, the presets and R50x1, both builds in turn on the ` +
      `same data. A call is slower below ${1 - NOISE}, the median of 31 rounds` +
      `${slower.length === 0 ? "." : `: ${slower.map(({ op, shape, ratio }) => `${op} ${shape} (${ratio.toFixed(2)})`).join("; ")}.`}`,
  );
  recorder.say(`\n${comparedTable(all)}\n`);
}

/** The median of the ratios of neighboring rounds, and the fastest round of each side. */
function compare(
  [wide, narrow]: readonly [() => void, () => void],
  rounds: number,
): Omit<Compared, "op" | "shape"> {
  const repeats = Math.max(repeatsFor(wide, LONG_ENOUGH), repeatsFor(narrow, LONG_ENOUGH));
  const times = Array.from(
    { length: rounds },
    () => [timeRepeated(wide, repeats), timeRepeated(narrow, repeats)] as const,
  );
  return {
    ratio: median(times.map(([ours, other]) => other / ours)),
    wide: 1e3 * Math.min(...times.map(([ours]) => ours)),
    narrow: 1e3 * Math.min(...times.map(([, other]) => other)),
  };
}

function comparedTable(all: readonly Compared[]): string {
  const lines = all.map(({ op, shape, ratio, wide, narrow }) => [
    op,
    shape,
    figure(wide),
    figure(narrow),
    ratio.toFixed(2),
  ]);
  return table("llrrr", ["function", "shape", "256 bits, µs", "128 bits, µs", "ratio"], lines);
}
