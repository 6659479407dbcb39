import type { RunnableStep, StepCapture, StepInputSpec } from "kernel-contract";

/** What a program computes. A kind that cannot be captured once is not tried again. */
export type ProgramKind = "gradients" | "sums" | "update" | "evaluation" | "forward";

type Step = Parameters<StepCapture>[0];

/** Programs that are kept: of a batch's first, later and last micro-batches, for a few shapes. */
const MOST = 12;
/** Keys that are remembered as seen once. */
const REMEMBERED = 100;

/**
 * The captured steps of a run. One is captured when its key comes for the second time, so what comes once costs nothing; of too many,
 * the one that was not used for longest is freed.
 */
export class Programs {
  readonly #capture: StepCapture;
  readonly #onRefusal: (reason: string) => void;
  /** From the one that was not used for longest on. */
  readonly #programs = new Map<string, RunnableStep>();
  readonly #seen = new Set<string>();
  readonly #refused = new Set<ProgramKind>();
  /** Keys that are being captured, for one of several callers at a time. */
  readonly #capturing = new Set<string>();
  #isDisposed = false;

  /** @param onRefusal - Called for each kind that cannot be captured, with what captures says. */
  constructor(capture: StepCapture, onRefusal: (reason: string) => void) {
    this.#capture = capture;
    this.#onRefusal = onRefusal;
  }

  /**
   * The program of a step.
   *
   * @param key - What the step is the same for, beside the shapes of its inputs.
   * @returns `undefined` if the step is to run as it is: it comes for the first time, cannot be captured, or another backend has used
   * its variables meanwhile.
   */
  async find(
    kind: ProgramKind,
    key: string,
    specs: Readonly<Record<string, StepInputSpec>>,
    step: Step,
  ): Promise<RunnableStep | undefined> {
    if (this.#refused.has(kind) || this.#isDisposed) return undefined;
    const id = `${kind} ${key} ${JSON.stringify(specs)} ${this.#capture.setting?.() ?? ""}`;
    const known = this.#programs.get(id);
    if (known?.isOutdated) {
      this.#drop(id); // captured anew when it comes again: until then its variables are where they were used last
      return undefined;
    }
    if (known !== undefined) {
      this.#programs.delete(id);
      this.#programs.set(id, known);
      return known;
    }
    if (!this.#seen.has(id)) {
      if (this.#seen.size >= REMEMBERED) this.#seen.clear();
      this.#seen.add(id);
      return undefined;
    }
    if (this.#capturing.has(id)) return undefined;
    const [oldest] = this.#programs.keys();
    if (this.#programs.size >= MOST) this.#drop(oldest!);
    this.#capturing.add(id);
    try {
      const program = await this.#capture(step, { inputs: specs });
      if (this.#isDisposed) program.dispose();
      else this.#programs.set(id, program);
      return this.#programs.get(id);
    } catch (error) {
      this.refuse(kind, (error as Error).message);
      return undefined;
    } finally {
      this.#capturing.delete(id);
    }
  }

  /** Frees a program that does not run any more; it is captured anew when it comes again. */
  forget(program: RunnableStep): void {
    for (const [id, known] of this.#programs) if (known === program) this.#drop(id);
  }

  /** Takes a kind as one that cannot be captured, and frees its programs: they may be what left no memory. */
  refuse(kind: ProgramKind, reason: string): void {
    if (this.#refused.has(kind)) return;
    this.#refused.add(kind);
    for (const id of [...this.#programs.keys()]) if (id.startsWith(`${kind} `)) this.#drop(id);
    this.#onRefusal(reason);
  }

  /** Frees all programs; what comes later runs as it is. */
  dispose(): void {
    this.#isDisposed = true;
    for (const id of [...this.#programs.keys()]) this.#drop(id);
  }

  #drop(id: string): void {
    this.#programs.get(id)!.dispose();
    this.#programs.delete(id);
  }
}
