import type { TwoHosts } from "test-kit/two-hosts";
import { median } from "../../measure.ts";
import type { Recorder } from "../../report.ts";
import { bytesSent, limitRate, wireRates } from "../network.ts";
import { runRanks } from "../programs.ts";
import type { Measured } from "../scaling/measured.ts";
import type { SumFigures, SumTask } from "../sum.ts";
import { DEIT_TINY_FLOATS } from "./memory.ts";

interface Link {
  readonly name: string;
  /** Gbit/s; `undefined`: what the machine does. */
  readonly limit?: number;
}

const LINKS: readonly Link[] = [
  { name: "between two network namespaces" },
  { name: "at 10 Gbit/s", limit: 10 },
  { name: "at 1 Gbit/s", limit: 1 },
];
const BITS = 32 * DEIT_TINY_FLOATS;

/** The sum between two hosts, against what `iperf3` reaches there. */
export async function networkRows(
  recorder: Recorder,
  quick: boolean,
  hosts: TwoHosts,
): Promise<Pick<Measured, "smallSum" | "ofTheWire">> {
  const figures: LinkFigures[] = [];
  for (const link of LINKS) {
    limitRate(hosts, link.limit);
    const measured = await measureLink(hosts, link, quick);
    figures.push(measured);
    addRows(recorder, link, measured);
  }
  limitRate(hosts);
  recorder.note(
    "Each host must send 22 MB for a sum between two, and receives as much meanwhile. Its rate is that over the sum's time; iperf3's is " +
      "that of each direction of `--bidir`. Limits are of `tc`'s token bucket filter, on what each host sends.",
  );
  const [free, , slow] = figures as [LinkFigures, LinkFigures, LinkFigures];
  return { smallSum: free.smallSum, ofTheWire: slow.rate / slow.wire };
}

/** Rates in Gbit/s, sums in milliseconds. */
interface LinkFigures {
  readonly rate: number;
  readonly wire: number;
  readonly oneWay: number;
  readonly sum: number;
  readonly compressed: number;
  readonly smallSum: number;
  readonly megabytes: { readonly float32: number; readonly bf16: number };
}

async function measureLink(hosts: TwoHosts, { limit }: Link, quick: boolean): Promise<LinkFigures> {
  const rounds = limit === 1 ? 5 : quick ? 8 : 16;
  const wires: number[][] = [[], []];
  const sums: Record<"float32" | "bf16", SumFigures[]> = { float32: [], bf16: [] };
  const sent: Record<"float32" | "bf16", number[]> = { float32: [], bf16: [] };
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    const { oneWay, bothWays } = await wireRates(hosts, 1);
    wires[0]!.push(oneWay);
    wires[1]!.push(bothWays);
    for (const kind of ["float32", "bf16"] as const) {
      const before = bytesSent(hosts);
      const task: SumTask = { floats: DEIT_TINY_FLOATS, rounds, copies: false, bf16: kind === "bf16" };
      sums[kind].push(await runRanks(hosts.mpirun, "sum.ts", task));
      sent[kind].push((bytesSent(hosts) - before) / (rounds + 1) / 1e6);
    }
  }
  const sum = median(sums.float32.map((one) => one.sum));
  return {
    rate: BITS / sum / 1e6,
    oneWay: median(wires[0]!),
    wire: median(wires[1]!),
    sum,
    compressed: median(sums.bf16.map((one) => one.sum)),
    smallSum: median(sums.float32.map((one) => one.smallSum)),
    megabytes: { float32: median(sent.float32), bf16: median(sent.bf16) },
  };
}

function addRows(recorder: Recorder, { name, limit }: Link, measured: LinkFigures): void {
  const { rate, wire, oneWay, sum, compressed, smallSum, megabytes } = measured;
  const id = `sum of 22 MB ${name}`;
  recorder.add({
    id: `${id}: rate of each direction`,
    ...{ ours: rate, other: wire, otherName: "iperf3, both directions at once", unit: "Gbit/s" },
    ...{ ratio: rate / wire, target: 0.7 },
  });
  if (limit === undefined) {
    recorder.add({
      id: `${id}: rate of each direction`,
      ...{ ours: rate, other: oneWay, otherName: "iperf3, one direction alone", unit: "Gbit/s" },
      ...{ ratio: rate / oneWay, target: null },
    });
  }
  recorder.add({
    id: `${id}, as bf16`,
    ...{ ours: compressed, other: sum, otherName: "as float32", unit: "ms" },
    ...{ ratio: sum / compressed, target: null },
  });
  if (limit !== undefined) return;
  recorder.add({
    id: `${id}: bytes that a host sends, as bf16`,
    ...{ ours: megabytes.bf16, other: megabytes.float32, otherName: "as float32", unit: "MB" },
    ...{ ratio: megabytes.float32 / megabytes.bf16, target: null },
  });
  recorder.add({
    id: `sum of 16 numbers ${name}`,
    ...{ ours: 1e3 * smallSum, other: null, otherName: "–", unit: "µs", ratio: null, target: null },
  });
}
