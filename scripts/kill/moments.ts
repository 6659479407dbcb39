import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** When a run is killed: once its folder shows that it has come so far, and then after a random while. */
export interface Moment {
  readonly name: string;
  /** Longest time from then to the kill, milliseconds. */
  readonly within: number;
  /** A number that grows when a process reaches the moment; polled from its start. */
  readonly reached: (place: Place) => number;
}

/** Folders of a run. */
export interface Place {
  /** The run's folder. */
  readonly run: string;
  /** Folder of the stored logits. */
  readonly logits: string;
}

export const MOMENTS = {
  opening: { name: "opening", within: 3000, reached: () => Number.POSITIVE_INFINITY },
  training: { name: "training", within: 500, reached: ({ run }) => steps(run).length },
  validation: {
    name: "validation",
    within: 60,
    reached: ({ run }) => steps(run).filter(({ batch }) => batch === LAST_BATCH).length,
  },
  checkpoint: { name: "writing a checkpoint", within: 4, reached: ({ run }) => newestTemporary(run) },
  logits: { name: "storing logits", within: 300, reached: ({ logits }) => bytesIn(logits) },
  report: {
    name: "writing the report",
    within: 1500,
    reached: ({ run }) => Number(existsSync(join(run, "result.json"))),
  },
} as const satisfies Record<string, Moment>;

/** The tiny preset trains on 90 of 100 pictures, 16 a batch. */
const LAST_BATCH = 5;

/** Files that are being written, or were when a process was killed. */
export function temporaries(run: string): string[] {
  return namesIn(run).filter((name) => name.endsWith(".tmp"));
}

function newestTemporary(run: string): number {
  const times = temporaries(run).map(
    (name) => statSync(join(run, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return Math.max(0, ...times);
}

function steps(run: string): { readonly batch: number }[] {
  return namesIn(join(run, "log"))
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) =>
      readFileSync(join(run, "log", name), "utf8")
        .split("\n")
        .slice(0, -1),
    )
    .filter((line) => line.startsWith('{"event":"step"'))
    .map((line) => JSON.parse(line));
}

function bytesIn(folder: string): number {
  return namesIn(folder).reduce((sum, name) => {
    return sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch {
    return []; // not made yet, or a part of it removed meanwhile
  }
}
