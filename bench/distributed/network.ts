import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { TwoHosts } from "test-kit/two-hosts";

const ADDRESS_OF_B = "10.77.0.2";
const TRIES = 50;
/** Of `tc`'s token bucket filter: a queue that delays by 5 ms at most, as a switch's. */
const BUCKET = ["burst", "1mb", "latency", "5ms"];

/** Rates in Gbit/s that `iperf3` reaches between two hosts. */
export interface WireRates {
  readonly oneWay: number;
  /** Of each direction, both at once. */
  readonly bothWays: number;
}

/** Measures what TCP reaches between the hosts, by `iperf3`. */
export async function wireRates(hosts: TwoHosts, seconds: number): Promise<WireRates> {
  const [command, ...args] = hosts.on("b");
  const server = spawn(command, [...args, "iperf3", "--server"], { stdio: "ignore" });
  try {
    const one = await iperf(hosts, seconds, []);
    const both = await iperf(hosts, seconds, ["--bidir"]);
    const back = both.sum_received_bidir_reverse!.bits_per_second;
    return {
      oneWay: one.sum_received.bits_per_second / 1e9,
      bothWays: (both.sum_received.bits_per_second + back) / 2e9,
    };
  } finally {
    const ended = once(server, "exit");
    server.kill();
    await ended;
  }
}

interface IperfEnd {
  readonly sum_received: { readonly bits_per_second: number };
  readonly sum_received_bidir_reverse?: { readonly bits_per_second: number };
}

async function iperf(hosts: TwoHosts, seconds: number, flags: readonly string[]): Promise<IperfEnd> {
  const [command, ...args] = hosts.on("a");
  const words = [...args, "iperf3", "--client", ADDRESS_OF_B, "--time", String(seconds), "--json", ...flags];
  for (let attempt = 1; ; attempt++) {
    try {
      const told = execFileSync(command, words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
      const { end, error } = JSON.parse(told) as { end: IperfEnd; error?: string };
      if (error !== undefined) throw new Error(`iperf3: ${error}`);
      return end;
    } catch (error) {
      if (attempt === TRIES) throw error;
      await sleep(100); // until the server listens
    }
  }
}

/** Bytes that host `a` has sent so far. */
export function bytesSent(hosts: TwoHosts): number {
  const [command, ...args] = hosts.on("a");
  const counter = "/sys/class/net/deit-a/statistics/tx_bytes";
  return Number(execFileSync(command, [...args, "cat", counter], { encoding: "utf8" }));
}

/** Limits what each host sends, to so many Gbit/s. Without a number: to what the machine does. */
export function limitRate(hosts: TwoHosts, gigabits?: number): void {
  for (const host of ["a", "b"] as const) {
    const [command, ...args] = hosts.on(host);
    const change = (...words: string[]) =>
      spawnSync(command, [...args, "tc", "qdisc", ...words], { encoding: "utf8" });
    const device = ["dev", `deit-${host}`, "root"];
    change("delete", ...device); // fails where there is none
    if (gigabits === undefined) continue;
    const { status, stderr } = change("add", ...device, "tbf", "rate", `${gigabits}gbit`, ...BUCKET);
    if (status !== 0) throw new Error(`tc: ${stderr.trim()}`);
  }
}
