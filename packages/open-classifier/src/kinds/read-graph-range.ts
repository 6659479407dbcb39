import * as tf from "@tensorflow/tfjs-core";
import { type InputRange, rangeOfScale } from "../notes/read-input-range.ts";

interface Node {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
}

/** Operations that keep the range of pixels. */
const PASSING: ReadonlySet<string> = new Set(["Identity", "Cast", "Pad", "PadV2", "StopGradient"]);
/** Operations of a rescaling: the function from a value and a constant. */
const SCALING: Readonly<Record<string, (value: number, by: number) => number>> = {
  Mul: (value, by) => value * by,
  RealDiv: (value, by) => value / by,
  Add: (value, by) => value + by,
  AddV2: (value, by) => value + by,
  Sub: (value, by) => value - by,
};

/**
 * The input range that a graph's first operations rescale to 0…1 or −1…1, as a layer `Rescaling` of Keras becomes in it.
 *
 * @returns `undefined` if the graph does not begin with a rescaling by constants, or if several ranges fit.
 */
export function readGraphRange({
  modelTopology,
  weightSpecs = [],
  weightData,
}: tf.io.ModelArtifacts): InputRange | undefined {
  const { node: nodes } = modelTopology as { node?: unknown };
  if (!Array.isArray(nodes) || weightData === undefined) return undefined;
  const all = nodes as Node[];
  const inputs = all.filter(({ op }) => op === "Placeholder");
  const scalars = scalarWeights(weightSpecs, weightData);
  if (inputs.length !== 1) return undefined;
  const byName = new Map(all.map((node) => [node.name, node]));
  /** A scalar weight, past the casts that it goes through. */
  const scalarOf = (name: string | undefined): number | undefined => {
    let source = name ?? "";
    for (let node = byName.get(source); node !== undefined && PASSING.has(node.op); node = byName.get(source))
      source = sourceOf(node.input?.[0] ?? "");
    return scalars.get(source);
  };
  const steps: ((value: number) => number)[] = [];
  let name = inputs[0]!.name;
  for (let seen = 0; seen < all.length; seen++) {
    const next = all.filter(
      ({ op, input }) => op !== "Shape" && input?.some((one) => sourceOf(one) === name),
    );
    const [node] = next;
    if (node === undefined || next.length !== 1) break;
    const [first, second] = (node.input ?? []).map(sourceOf);
    const scale = Object.hasOwn(SCALING, node.op) ? SCALING[node.op] : undefined;
    const by = scalarOf(first === name ? second : first);
    const isSwapped = first !== name && ["RealDiv", "Sub"].includes(node.op);
    if (scale !== undefined && by !== undefined && !isSwapped) steps.push((value) => scale(value, by));
    else if (!PASSING.has(node.op)) break;
    name = node.name;
  }
  if (steps.length === 0) return undefined;
  return rangeOfScale((value) => steps.reduce((x, step) => step(x), value));
}

/** `node:0` and `^node` by their node. */
const sourceOf = (input: string): string => input.replace(/^\^|:\d+$/g, "");

function scalarWeights(
  specs: readonly tf.io.WeightsManifestEntry[],
  data: tf.io.WeightData,
): ReadonlyMap<string, number> {
  const isScalar = ({ shape, dtype, quantization }: tf.io.WeightsManifestEntry): boolean =>
    shape.every((side) => side === 1) && ["float32", "int32"].includes(dtype) && quantization === undefined;
  const view = new DataView(tf.io.CompositeArrayBuffer.join(data));
  const found = new Map<string, number>();
  let offset = 0;
  for (const spec of specs) {
    if (spec.dtype === "string") return found;
    if (isScalar(spec) && offset + 4 <= view.byteLength) {
      const isFloat = spec.dtype === "float32"; // Keras casts whole offsets, such as -1
      found.set(spec.name, isFloat ? view.getFloat32(offset, true) : view.getInt32(offset, true));
    }
    const size = { float16: 2, uint16: 2, uint8: 1, bool: 1, complex64: 8 } as Record<string, number>;
    offset += spec.shape.reduce((a, b) => a * b, 1) * (size[spec.quantization?.dtype ?? spec.dtype] ?? 4);
  }
  return found;
}
