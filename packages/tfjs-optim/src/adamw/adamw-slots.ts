import * as tf from "@tensorflow/tfjs-core";
import { firstNonFinite } from "known-options";

/** A variable's moments. */
export interface Slot {
  readonly m: tf.Tensor;
  readonly v: tf.Tensor;
}

type NamedTensor = { readonly name: string; readonly tensor: tf.Tensor };

/** AdamW's moments by the variables' names, in the order in which the variables came. Owns the tensors. */
export class AdamWSlots {
  readonly #slots = new Map<string, Slot>();
  #isRestored = false;

  /** The moments of a variable; zeros at first. They stay this object's. */
  of(variable: tf.Variable): Slot {
    const { name } = variable;
    if (!this.#slots.has(name)) this.keep(name, { m: tf.zerosLike(variable), v: tf.zerosLike(variable) });
    return this.#slots.get(name)!;
  }

  /** Takes new moments over and frees the old ones. */
  keep(name: string, { m, v }: Slot): void {
    const old = this.#slots.get(name);
    if (old !== undefined) tf.dispose([old.m, old.v]);
    this.#slots.set(name, { m: tf.keep(m), v: tf.keep(v) });
  }

  /** `<variable>/m` and `<variable>/v`, one after the other. */
  get named(): NamedTensor[] {
    return [...this.#slots].flatMap(([name, { m, v }]) => [
      { name: `${name}/m`, tensor: m },
      { name: `${name}/v`, tensor: v },
    ]);
  }

  /** Restores moments that {@link requireMoments} accepted; copied. */
  restore(moments: readonly NamedTensor[]): void {
    this.dispose();
    for (let i = 0; i < moments.length; i += 2) {
      const [m, v] = [moments[i]!, moments[i + 1]!];
      this.keep(variableOf(m.name), { m: tf.clone(m.tensor), v: tf.clone(v.tensor) });
    }
    this.#isRestored = moments.length > 0;
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
    const fits = slots.length === matched.length && slots.every(({ m }, i) => hasShape(m, matched[i]!.shape));
    if (!fits) {
      const list = (shapes: readonly (readonly number[])[]) => shapes.map((shape) => `[${shape}]`).join(" ");
      throw new RangeError(
        `AdamW: the restored moments must be of the variables that are trained, ${list(matched.map(({ shape }) => shape))}, got ${list(slots.map(({ m }) => m.shape))}`,
      );
    }
    if (known.length === 0) {
      this.#slots.clear();
      variables.forEach(({ name }, i) => void this.#slots.set(name, slots[i]!));
    }
    this.#isRestored = false;
  }

  dispose(): void {
    for (const { m, v } of this.#slots.values()) tf.dispose([m, v]);
    this.#slots.clear();
    this.#isRestored = false;
  }
}

/**
 * Refuses tensors that are not AdamW's moments, before anything is changed: pairs `<variable>/m`, `<variable>/v` of one
 * shape, float32 and finite, `v` not negative.
 *
 * @throws RangeError that names the tensor.
 */
export async function requireMoments(moments: readonly NamedTensor[]): Promise<void> {
  const refuse = (what: string): never => {
    throw new RangeError(`AdamW.setWeights: ${what}`);
  };
  const seen = new Set<string>();
  for (let i = 0; i < moments.length; i += 2) {
    const [m, v] = [moments[i]!, moments[i + 1]];
    const name = variableOf(m.name);
    if (m.name !== `${name}/m` || v?.name !== `${name}/v` || seen.has(name)) {
      refuse(
        `weights must be pairs <variable>/m and <variable>/v, got '${m.name}' and '${v?.name ?? "none"}'`,
      );
    }
    seen.add(name);
    for (const { name, tensor } of [m, v!]) {
      if (tensor.dtype !== "float32" || !hasShape(tensor, m.tensor.shape)) {
        refuse(
          `'${name}' must be float32 of the shape [${m.tensor.shape}], got ${tensor.dtype} [${tensor.shape}]`,
        );
      }
      const data = (await tensor.data()) as Float32Array;
      const bad = firstNonFinite(data);
      if (bad >= 0) refuse(`'${name}' must be finite, got ${data[bad]} at number ${bad}`);
      const negative = tensor === v!.tensor ? data.findIndex((x) => x < 0) : -1;
      if (negative >= 0) refuse(`'${name}' must be at least 0, got ${data[negative]} at number ${negative}`);
    }
  }
}

function variableOf(momentName: string): string {
  return momentName.replace(/\/m$/, "");
}

function hasShape({ shape }: tf.Tensor, expected: readonly number[]): boolean {
  return String(shape) === String(expected);
}
