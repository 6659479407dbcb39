import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

type Host = "a" | "b";
type Command = readonly [command: string, ...args: string[]];

/** Two hosts as Linux network namespaces on a network of their own, `host-a` (10.77.0.1) and `host-b` (10.77.0.2). */
export interface TwoHosts {
  /** Command and arguments that start one process on each host; the program follows. Open MPI over TCP, from `host-a`. */
  readonly mpirun: Command;
  /** Command and arguments that run a program on a host; the program follows. */
  on(host: Host): Command;
  /** Makes the network worse, before anything runs: drops packets at random and delays the others, both ways. */
  worsen(network: { readonly lossPercent: number; readonly delayMs: number }): Promise<void>;
  /** Cuts `host-b` off, without a word to those it was connected to. */
  disconnect(): void;
  /** Ids of the processes that run on the hosts. */
  running(): number[];
  /** Removes the hosts, and what runs on them. */
  close(): void;
}

const HOSTS = ["a", "b"] as const;
const ADDRESSES = { a: "10.77.0.1", b: "10.77.0.2" };
const NETWORK = "10.77.0.0/24";
let made = 0;

/**
 * Returns why there cannot be two hosts here, rights or programs that are missing; `undefined` if there can.
 *
 * @throws Error with that reason with `CONFORMANCE=all`, as CI has it: there, no test may be left out.
 */
export function missingForTwoHosts(): string | undefined {
  const programs = ["ip", "tc", "unshare", "python3", "mpirun.openmpi"].filter(
    (name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0,
  );
  const reason =
    programs.length > 0
      ? `${programs.join(", ")} missing: apt-get install iproute2 util-linux python3 openmpi-bin`
      : mayMakeNamespaces()
        ? undefined
        : "no right to make network namespaces: needs root, with CAP_SYS_ADMIN and CAP_NET_ADMIN";
  if (reason !== undefined && process.env.CONFORMANCE === "all") {
    throw new Error(`two hosts: ${reason}`);
  }
  return reason;
}

function mayMakeNamespaces(): boolean {
  const name = `deit-try-${process.pid}`;
  const isMade =
    spawnSync("ip", ["netns", "add", name]).status === 0 &&
    spawnSync("ip", ["netns", "exec", name, "true"]).status === 0;
  spawnSync("ip", ["netns", "delete", name]);
  return isMade;
}

/** Makes two hosts. Call {@link missingForTwoHosts} before. */
export function twoHosts(): TwoHosts {
  const id = `${process.pid}-${made++}`;
  const spaces = { a: `deit-a-${id}`, b: `deit-b-${id}` };
  const device = (host: Host): string => `deit-${host}`;
  const ip = (...args: string[]): void => void execFileSync("ip", args, { stdio: "pipe" });
  const setUp = (): void => {
    for (const host of HOSTS) {
      ip("-n", spaces[host], "address", "add", `${ADDRESSES[host]}/24`, "dev", device(host));
      for (const link of ["lo", device(host)]) ip("-n", spaces[host], "link", "set", link, "up");
    }
  };
  for (const host of HOSTS) ip("netns", "add", spaces[host]);
  const [a, b] = HOSTS.map((host) => ["name", device(host), "netns", spaces[host]]);
  ip("link", "add", ...a!, "type", "veth", "peer", ...b!);
  setUp();

  const folder = mkdtempSync(join(tmpdir(), "two-hosts-"));
  const script = (name: string, line: string): string => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    return join(folder, name);
  };
  const enter = (host: Host): string => {
    const named = `unshare --uts sh -c 'hostname host-${host}; exec "$@"' sh "$@"`;
    return script(`on-${host}`, `exec ip netns exec ${spaces[host]} ${named}`);
  };
  const scripts = { a: enter("a"), b: enter("b") };
  // In place of ssh: the host, then a command for its shell.
  const agent = script(
    "agent",
    `[ $1 = ${ADDRESSES.a} ] && on=a || on=b; shift; exec ${folder}/on-$on sh -c "$*"`,
  );
  const running = (): number[] =>
    Object.values(spaces).flatMap((space) =>
      execFileSync("ip", ["netns", "pids", space], { encoding: "utf8" })
        .split("\n")
        .filter(Boolean)
        .map(Number),
    );
  let stopRelay = (): void => undefined;

  return {
    mpirun: [
      scripts.a,
      ...[
        "mpirun.openmpi",
        "--allow-run-as-root",
        "--mca",
        "plm_rsh_agent",
        agent,
        "--mca",
        "btl",
        "tcp,self",
      ],
      ...["--mca", "btl_tcp_if_include", NETWORK, "--mca", "oob_tcp_if_include", NETWORK],
      ...["--bind-to", "none"], // both hosts are one machine, whose first core each would take for itself
      ...["--host", HOSTS.map((host) => `${ADDRESSES[host]}:1`).join()],
    ],
    on: (host) => [scripts[host]],
    worsen: async ({ lossPercent, delayMs }) => {
      const netem = ["root", "netem", "loss", `${lossPercent}%`, "delay", `${delayMs}ms`];
      const isThere = HOSTS.every(
        (host) =>
          spawnSync("tc", ["-n", spaces[host], "qdisc", "replace", "dev", device(host), ...netem]).status ===
          0,
      );
      if (isThere) return;
      // A kernel without netem: packets go through a program.
      ip("-n", spaces.a, "link", "delete", device("a"));
      const ends = HOSTS.flatMap((host) => [spaces[host], device(host)]);
      const path = fileURLToPath(new URL("./relay.py", import.meta.url));
      const relay = spawn("python3", [path, ...ends, String(lossPercent), String(delayMs)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      stopRelay = () => void relay.kill();
      await new Promise((resolve, reject) => {
        relay.stdout.once("data", resolve);
        relay.once("exit", () => reject(new Error("two hosts: relay.py did not start")));
      });
      setUp();
    },
    disconnect: () => ip("-n", spaces.b, "link", "set", device("b"), "down"),
    running,
    close: () => {
      for (const pid of running()) spawnSync("kill", ["-KILL", String(pid)]);
      stopRelay();
      for (const space of Object.values(spaces)) ip("netns", "delete", space);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
