import type * as tf from "@tensorflow/tfjs-core";
import {
  defineKernel,
  type HostNumber,
  type Kernel,
  requireFloat32,
  sizeOf,
  stepRecorder,
} from "kernel-contract";
import type { Context } from "../context.ts";
import { type Element, onceEach, type Shader } from "../shader.ts";

const LANES = 256;
/** Buffers of one variable: its value, old and new, its moments and its gradient; in place the old value is the new one. */
const BUFFERS = { fresh: 5, inPlace: 4 } as const;

/**
 * `[value, m, v, gradient]` of each of n tensors in turn, `{beta1, beta2, stepSize, epsilon, decays: number[]}` →
 * `[value, m, v]` of each.
 *
 * Each variable of a dispatch binds five buffers. The memory of moments that no other tensor shares is overwritten and
 * returned; others are copied. Values get new memory, except a variable's in a step that is being recorded: there they are
 * overwritten too, and a variable binds four.
 */
export const adamWUpdate: Kernel<Context> = defineKernel(
  "AdamWUpdate",
  (context, tensors, { beta1, beta2, now, ...numbers }) => {
    const variables: Variable[] = [];
    for (let i = 0; i < tensors.length; i += 4) {
      const [value, m, v, gradient] = tensors.slice(i, i + 4) as [Info, Info, Info, Info];
      requireFloat32("AdamWUpdate", { value, m, v, gradient });
      const inPlace = stepRecorder()?.mayOverwrite(value) === true;
      const next = inPlace ? context.share(value) : context.output(value.shape);
      const kept = now ? () => 1 - now().decays[i / 4]! : 1 - numbers.decays[i / 4]!;
      const [ownM, ownV] = [ownMoment(context, m), ownMoment(context, v)];
      variables.push({ value, gradient, next, m: ownM, v: ownV, kept, inPlace });
    }
    const filled = variables.filter(({ value }) => sizeOf(value.shape) > 0);
    // Variables of similar size share a dispatch, which is as long as its longest.
    filled.sort((a, b) => sizeOf(b.value.shape) - sizeOf(a.value.shape));
    const stepSize = now ? () => now().stepSize : numbers.stepSize;
    const epsilon = now ? () => now().epsilon : numbers.epsilon;
    for (const inPlace of [false, true]) {
      const some = filled.filter((variable) => variable.inPlace === inPlace);
      const each = variablesPerDispatch(context, inPlace);
      for (let i = 0; i < some.length; i += each) {
        update(context, some.slice(i, i + each), { beta1, beta2, stepSize, epsilon });
      }
    }
    return variables.flatMap(({ next, m, v }) => [next, m, v]);
  },
);

type Info = tf.TensorInfo;

interface Variable {
  readonly value: Info;
  readonly gradient: Info;
  readonly next: Info;
  readonly m: Info;
  readonly v: Info;
  /** Share of the value that decay leaves. */
  readonly kept: HostNumber;
  /** Whether `next` has the memory of `value`, as in a step that is being recorded. */
  readonly inPlace: boolean;
}

type Step = Readonly<Record<"beta1" | "beta2", number> & Record<"stepSize" | "epsilon", HostNumber>>;

function variablesPerDispatch({ buffersPerDispatch }: Context, inPlace: boolean): number {
  return Math.max(1, Math.floor(buffersPerDispatch / (inPlace ? BUFFERS.inPlace : BUFFERS.fresh)));
}

/** The moment itself where this call alone holds it, else a copy of it. */
function ownMoment(context: Context, moment: Info): Info {
  if (context.backend.refCount(moment.dataId) === 1) return context.share(moment);
  const copy = context.output(moment.shape);
  const size = sizeOf(moment.shape);
  if (size > 0) {
    const grid = context.flatGroups(Math.ceil(size / LANES));
    context.run({ shader: COPY, tensors: { copy, original: moment }, uniforms: { size }, grid });
  }
  return copy;
}

function update(context: Context, variables: readonly Variable[], step: Step): void {
  const { beta1, beta2 } = step;
  const uniforms: Record<string, HostNumber> = { ...step, rest1: 1 - beta1, rest2: 1 - beta2 };
  const tensors: Record<string, Info> = {};
  const { inPlace } = variables[0]!;
  variables.forEach(({ kept, value, next, m, v, gradient }, i) => {
    const buffers = { ...(inPlace ? {} : { value }), next, m, v, gradient };
    for (const [name, tensor] of Object.entries(buffers)) tensors[name + i] = tensor;
    uniforms[`size${i}`] = sizeOf(value.shape);
    uniforms[`kept${i}`] = kept;
  });
  const groups = Math.ceil(sizeOf(variables[0]!.value.shape) / LANES); // the longest is the first
  const [x, y] = context.flatGroups(groups);
  const shader = (inPlace ? shaderInPlace : shaderFor)(variables.length);
  context.run({ shader, tensors, uniforms, grid: [x, y, variables.length] });
}

const COPY: Shader = {
  name: "AdamWUpdateCopy",
  workgroup: [LANES, 1, 1],
  writes: { copy: "f32" },
  reads: { original: "f32" },
  uniforms: { size: "u32" },
  main: `
  let at = (group.y * groups.x + group.x) * ${LANES}u + local.x;
  if (at < u.size) { copy[at] = original[at]; }`,
};

const shaderFor = onceEach((variables) => shaderOf(variables, "value"));
const shaderInPlace = onceEach((variables) => shaderOf(variables, "next"));

/** Layer z of the grid has variable z. `old`: where its value of before is. */
function shaderOf(variables: number, old: "value" | "next"): Shader {
  const indices = Array.from({ length: variables }, (_, i) => i);
  const buffers = (...names: string[]): Record<string, Element> =>
    Object.fromEntries(indices.flatMap((i) => names.map((name) => [name + i, "f32" as const])));
  const numbers = indices.flatMap((i) => [[`size${i}`, "u32"] as const, [`kept${i}`, "f32"] as const]);
  const step = ["beta1", "rest1", "beta2", "rest2", "stepSize", "epsilon"].map(
    (name) => [name, "f32"] as const,
  );
  return {
    name: "AdamWUpdate",
    workgroup: [LANES, 1, 1],
    writes: buffers("next", "m", "v"),
    reads: old === "next" ? buffers("gradient") : buffers("value", "gradient"),
    uniforms: Object.fromEntries([...step, ...numbers]),
    main: `
  let at = (group.y * groups.x + group.x) * ${LANES}u + local.x;
${indices
  .map(
    (i) => `  if (group.z == ${i}u && at < u.size${i}) {
    let g = gradient${i}[at];
    let first = u.beta1 * m${i}[at] + u.rest1 * g;
    let second = u.beta2 * v${i}[at] + u.rest2 * (g * g);
    m${i}[at] = first;
    v${i}[at] = second;
    next${i}[at] = ${old}${i}[at] * u.kept${i} - first / (sqrt(second) + u.epsilon) * u.stepSize;
  }`,
  )
  .join("\n")}`,
  };
}
