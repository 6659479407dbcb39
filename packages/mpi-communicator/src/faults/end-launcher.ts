import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** Programs of Open MPI and MPICH that start ranks, and their daemons on other hosts. */
const LAUNCHERS = /^(mpirun|mpiexec|orterun|orted|prun|prte|hydra)/;

interface Process {
  readonly parent: number;
  readonly name: string;
}

/**
 * Ends the launcher of this rank, or its daemon on this host, if it still runs after a few seconds. Without a host that it can
 * reach no more, mpirun waits for that host's answer to an abort: for 8 minutes by default.
 */
export function endLauncherLater(): void {
  const launcher = launcherOf(process.ppid);
  if (launcher === undefined) return;
  // SIGKILL: at SIGTERM mpirun waits as before, and at a second one it crashes (4.1). By a process of its own: this one ends now.
  const script = 'sleep 2; kill -KILL "$0"';
  spawn("sh", ["-c", script, String(launcher)], { detached: true, stdio: "ignore" }).unref();
}

/** The nearest launcher among a process and those that started it. */
function launcherOf(pid: number): number | undefined {
  for (let one = pid, steps = 0; one > 1 && steps < 10; steps++) {
    const found = processOf(one);
    if (found === undefined) return undefined;
    if (LAUNCHERS.test(found.name)) return one;
    one = found.parent;
  }
  return undefined;
}

function processOf(pid: number): Process | undefined {
  try {
    if (process.platform === "linux") {
      // "123 (name) S 45 …": the name may have parentheses itself
      const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))!;
      return { name: name!, parent: Number(parent) };
    }
    const line = execFileSync("ps", ["-o", "ppid=,comm=", "-p", String(pid)], { encoding: "utf8" });
    const [, parent, name] = /^\s*(\d+)\s+(?:.*\/)?(\S+)/.exec(line)!;
    return { name: name!, parent: Number(parent) };
  } catch {
    return undefined; // gone, or not to be seen
  }
}
