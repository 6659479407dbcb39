import { appendFileSync } from "node:fs";

/** A figure, or why there is none. */
export interface GpuRow {
  readonly row: string;
  readonly ours?: number;
  readonly unit?: string;
  readonly other?: number;
  readonly otherName?: string;
  /** `ours / other`. */
  readonly ratio?: number;
  readonly target?: number;
  readonly skipped?: string;
}

/** Writes each row to a file of JSON lines as soon as it is known, until the time is up. */
export class Rows {
  readonly #file: string;
  readonly #about: object;
  readonly #end: number;

  constructor(file: string, about: object, minutes: number) {
    this.#file = file;
    this.#about = about;
    this.#end = Date.now() + minutes * 60e3;
  }

  add(row: GpuRow): void {
    const line = JSON.stringify({ ...row, ...this.#about, at: new Date().toISOString() });
    appendFileSync(this.#file, `${line}\n`);
    const { row: name, ours, unit, other, otherName, ratio, target, skipped } = row;
    const figures = [
      ours === undefined ? "" : `${ours.toPrecision(4)} ${unit}`,
      other === undefined ? "" : `${otherName}: ${other.toPrecision(4)}`,
      ratio === undefined ? "" : `ratio ${ratio.toPrecision(3)}`,
      target === undefined ? "" : `target ${target}`,
      skipped === undefined ? "" : `left out: ${skipped}`,
    ];
    console.log(`${name}: ${figures.filter(Boolean).join(", ")}`);
  }

  /** Runs what adds rows; an error, or too little time, is a row that says so. */
  async measure<T>(row: string, seconds: number, run: () => Promise<T>): Promise<T | undefined> {
    const left = (this.#end - Date.now()) / 1e3;
    if (left < seconds) {
      this.add({ row, skipped: `${left.toFixed(0)} s left, it may take ${seconds}` });
      return undefined;
    }
    try {
      return await run();
    } catch (error) {
      this.add({ row, skipped: (error as Error).message });
      return undefined;
    }
  }
}
