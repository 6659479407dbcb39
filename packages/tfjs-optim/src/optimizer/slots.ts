import * as tf from "@tensorflow/tfjs-core";
import type { LastingTensor, StepRecorder } from "kernel-contract";
import { firstNonFinite } from "known-options";

/** Name of a moment: `m`, the average of the gradients, or `v`, of their squares. */
export type Moment = "m" | "v";

/** A variable's moments. */
export type Slot<M extends Moment> = Readonly<Record<M, tf.Tensor>>;

type NamedTensor = { readonly name: string; readonly tensor: tf.Tensor };

/** An optimizer's moments by the variables' names, in the order in which the variables came. Owns the tensors. */
export class Slots<M extends Moment> {
  readonly #optimizer: string;
  readonly #moments: readonly M[];
  readonly #slots = new Map<string, Slot<M>>();
  /** The moments as recorded steps know them, one object for each, and their variables. */
  readonly #lasting = new Map<
    string,
    { readonly of: tf.Variable; readonly moments: readonly LastingTensor[] }
  >();
  /** Variables of the step that was recorded or run last. */
  #recorded: readonly tf.Variable[] = [];
  #isRestored = false;

  /** @param optimizer - Name for errors. */
  constructor(optimizer: string, moments: readonly M[]) {
    this.#optimizer = optimizer;
    this.#moments = moments;
  }

  /** The moments of a variable; zeros at first. They stay this object's. */
  of(variable: tf.Variable): Slot<M> {
    const { name } = variable;
    if (!this.#slots.has(name))
      this.keep(
        name,
        this.#slotOf(() => tf.zerosLike(variable)),
      );
    return this.#slots.get(name)!;
  }

  /** Declares the variables' moments to the recorder of a step; those of a first step are made, for good. */
  record(recorder: StepRecorder, variables: readonly tf.Variable[]): void {
    const recall = (): void => {
      this.#recorded = variables;
      this.match(variables); // weights may have been set since
    };
    recall();
    recorder.beforeRun(recall);
    for (const variable of variables) {
      recorder.outside(() => this.of(variable));
      for (const moment of this.#lastingOf(variable)) recorder.lasts(moment);
    }
  }

  #lastingOf(variable: tf.Variable): readonly LastingTensor[] {
    const { name } = variable;
    const known = this.#lasting.get(name);
    if (known?.of === variable) return known.moments;
    const moments = this.#moments.map((moment) => ({
      name: `${name}/${moment}`,
      tensor: () => {
        this.match(this.#recorded);
        return this.of(variable)[moment];
      },
      replace: (tensor: tf.Tensor) => {
        const slot = this.of(variable);
        slot[moment].dispose();
        this.#slots.set(name, { ...slot, [moment]: tf.keep(tensor) });
      },
    }));
    this.#lasting.set(name, { of: variable, moments });
    return moments;
  }

  /** Takes new moments over and frees the old ones. */
  keep(name: string, slot: Slot<M>): void {
    tf.dispose(this.#slots.get(name) ?? []);
    this.#slots.set(
      name,
      this.#slotOf((moment) => tf.keep(slot[moment])),
    );
  }

  /** `<variable>/m` and `<variable>/v`, one after the other. */
  get named(): NamedTensor[] {
    return [...this.#slots].flatMap(([name, slot]) =>
      this.#moments.map((moment) => ({ name: `${name}/${moment}`, tensor: slot[moment] })),
    );
  }

  /** Restores moments that {@link require} accepted; copied. */
  restore(moments: readonly NamedTensor[]): void {
    this.dispose();
    for (let i = 0; i < moments.length; i += this.#moments.length) {
      const name = variableOf(moments[i]!.name);
      this.keep(
        name,
        this.#slotOf((moment) => tf.clone(moments[i + this.#moments.indexOf(moment)]!.tensor)),
      );
    }
    this.#isRestored = moments.length > 0;
  }

  #slotOf(make: (moment: M) => tf.Tensor): Slot<M> {
    return Object.fromEntries(this.#moments.map((moment) => [moment, make(moment)])) as Slot<M>;
  }

  /**
   * Matches restored moments with the variables of the first step after that. A loaded model's variables may have other
   * names than the saved one's (tfjs numbers them through a process): where no name is known, the order decides, as in
   * tfjs' own optimizers.
   *
   * @throws RangeError if neither names nor order and shapes match.
   */
  match(variables: readonly tf.Variable[]): void {
    if (!this.#isRestored || variables.length === 0) return;
    const known = variables.filter(({ name }) => this.#slots.has(name));
    const slots =
      known.length > 0 ? known.map(({ name }) => this.#slots.get(name)!) : [...this.#slots.values()];
    const matched = known.length > 0 ? known : variables;
    const shapes = slots.map((slot) => slot[this.#moments[0]!].shape);
    const fits =
      slots.length === matched.length && matched.every((variable, i) => hasShape(variable, shapes[i]!));
    if (!fits) {
      const list = (all: readonly (readonly number[])[]) => all.map((shape) => `[${shape}]`).join(" ");
      throw new RangeError(
        `${this.#optimizer}: the restored moments must be of the variables that are trained, ${list(matched.map(({ shape }) => shape))}, got ${list(shapes)}`,
      );
    }
    if (known.length === 0) {
      this.#slots.clear();
      variables.forEach(({ name }, i) => void this.#slots.set(name, slots[i]!));
    }
    this.#isRestored = false;
  }

  /**
   * Refuses tensors that are not this optimizer's moments, before anything is changed: for each variable its moments in order,
   * `<variable>/m` then `<variable>/v`, of one shape, float32 and finite, `v` not negative.
   *
   * @throws RangeError that names the tensor.
   */
  async require(moments: readonly NamedTensor[]): Promise<void> {
    const refuse = (what: string): never => {
      throw new RangeError(`${this.#optimizer}.setWeights: ${what}`);
    };
    const expected = this.#moments.map((moment) => `<variable>/${moment}`).join(" and ");
    const seen = new Set<string>();
    for (let i = 0; i < moments.length; i += this.#moments.length) {
      const slot = moments.slice(i, i + this.#moments.length);
      const variable = variableOf(slot[0]!.name);
      if (
        seen.has(variable) ||
        this.#moments.some((moment, j) => slot[j]?.name !== `${variable}/${moment}`)
      ) {
        const got = this.#moments.map((_, j) => `'${slot[j]?.name ?? "none"}'`).join(" and ");
        refuse(`weights must be ${expected} of each variable, got ${got}`);
      }
      seen.add(variable);
      for (const [j, { name, tensor }] of slot.entries()) {
        const { shape } = slot[0]!.tensor;
        if (tensor.dtype !== "float32" || !hasShape(tensor, shape))
          refuse(`'${name}' must be float32 of the shape [${shape}], got ${tensor.dtype} [${tensor.shape}]`);
        const data = (await tensor.data()) as Float32Array;
        const bad = firstNonFinite(data);
        if (bad >= 0) refuse(`'${name}' must be finite, got ${data[bad]} at number ${bad}`);
        const negative = this.#moments[j] === "v" ? data.findIndex((x) => x < 0) : -1;
        if (negative >= 0)
          refuse(`'${name}' must be at least 0, got ${data[negative]} at number ${negative}`);
      }
    }
  }

  dispose(): void {
    for (const slot of this.#slots.values()) tf.dispose(slot);
    this.#slots.clear();
    this.#isRestored = false;
  }
}

function variableOf(momentName: string): string {
  return momentName.replace(/\/m$/, "");
}

function hasShape({ shape }: tf.Tensor, expected: readonly number[]): boolean {
  return String(shape) === String(expected);
}
