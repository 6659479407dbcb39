import { type Array64, map, zip } from "./array.ts";

/** A variable, its moments and its gradient. */
export interface State {
  readonly value: Array64;
  readonly m: Array64;
  readonly v: Array64;
  readonly gradient: Array64;
}

/** As `distill-trainer` names them. */
export interface Options {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecayMode: "absolute" | "lr-scaled";
  readonly epsilonPlacement: "uncorrected" | "corrected";
}

/** Step `t`, from 1, in the textbook's form: bias-corrected moments, decay apart from them. Gives value, m and v. */
export function adamW(state: State, t: number, options: Options): [value: Array64, m: Array64, v: Array64] {
  const { learningRate, weightDecay, beta1, beta2, epsilon } = options;
  const m = zip(state.m, state.gradient, (a, g) => beta1 * a + (1 - beta1) * g);
  const v = zip(state.v, state.gradient, (a, g) => beta2 * a + (1 - beta2) * g ** 2);
  const [correction1, correction2] = [1 - beta1 ** t, 1 - beta2 ** t];
  const added = options.epsilonPlacement === "corrected" ? epsilon : epsilon / Math.sqrt(correction2);
  const change = zip(m, v, (a, b) => a / correction1 / (Math.sqrt(b / correction2) + added));
  const decay = options.weightDecayMode === "absolute" ? weightDecay : learningRate * weightDecay;
  return [
    zip(
      map(state.value, (x) => x * (1 - decay)),
      change,
      (x, c) => x - learningRate * c,
    ),
    m,
    v,
  ];
}
