import { cpus, totalmem } from "node:os";
import { figure } from "./figure.ts";
import type { Profile } from "./profile.ts";

/** One line of a suite's table. `ours` and `other` are in `unit`; a `ratio` of at least `target` meets the target. */
export interface Row {
  readonly id: string;
  readonly ours: number;
  /** `null` where nothing else does this at all. */
  readonly other: number | null;
  readonly otherName: string;
  readonly unit: string;
  /** How many times better `ours` is: `ours / other` for rates, `other / ours` for sizes. */
  readonly ratio: number | null;
  /** `null` for a row that is only printed. */
  readonly target: number | null;
  /** This machine's maximum, in `unit`, measured in the same run. */
  readonly limit?: number;
}

/** Options of a suite. */
export interface SuiteOptions {
  /** Fewer rounds and smaller micro-batches for the slow side. */
  readonly quick: boolean;
  /** A Python interpreter with the packages that the suite's script imports. */
  readonly python?: string;
  /** One part of the suite alone; its figures are only printed. */
  readonly only?: string;
}

/** Origin of a suite's rows, written beside them to `bench/results/<name>.about.json`. */
export interface About {
  readonly suite: string;
  readonly date: string;
  readonly command: string;
  readonly machine: string;
  readonly node: string;
  readonly build: string;
  /** Rows that could not be measured here, and why. */
  readonly leftOut: readonly { readonly id: string; readonly why: string }[];
  /** How to read the figures: one sentence each. */
  readonly notes: readonly string[];
  readonly profiles: readonly Profile[];
}

/** Collects a report and tells the reader of the terminal as it goes. */
export class Recorder {
  readonly rows: Row[] = [];
  readonly leftOut: { id: string; why: string }[] = [];
  readonly notes: string[] = [];
  readonly profiles: Profile[] = [];
  /** Set once, by a suite whose kernels have several: which build of them ran. */
  build = "";

  add(row: Row): void {
    this.rows.push(row);
    const { id, ours, unit, other, otherName, ratio, target } = row;
    const against = other === null ? otherName : `${figure(other)} ${otherName}`;
    const goal = ratio === null || target === null ? "" : `, target ${Number(target.toPrecision(3))}`;
    this.say(
      `${id}: ${figure(ours)} ${unit}, ${against}${ratio === null ? "" : `, ${figure(ratio)}×${goal}`}`,
    );
  }

  skip(id: string, why: string): void {
    this.leftOut.push({ id, why });
    this.say(`${id}: left out, ${why}`);
  }

  note(sentence: string): void {
    this.notes.push(sentence);
  }

  say(line: string): void {
    console.log(line);
  }

  about(suite: string, command: string): About {
    const { build, leftOut, notes, profiles } = this;
    const date = new Date().toISOString().slice(0, 10);
    return {
      suite,
      date,
      command,
      machine: machine(),
      node: process.version,
      build,
      leftOut,
      notes,
      profiles,
    };
  }
}

/** A row of rates: more is better. */
export function rateRow(
  id: string,
  ours: number,
  other: number,
  otherName: string,
  unit: string,
  target: number | null,
  limit?: number,
): Row {
  const row = { id, ours, other, otherName, unit, ratio: ours / other, target };
  return limit === undefined ? row : { ...row, limit };
}

function machine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? process.arch}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
}
