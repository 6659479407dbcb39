import * as tfl from "@tensorflow/tfjs-layers";
import type { Builder } from "./builder.ts";
import { type Converter, cannot, type LayerCall, type NamedWeights } from "./converter.ts";
import type { Value } from "./value.ts";

/** What a walk over a model needs. */
export interface Walk {
  readonly converters: Readonly<Record<string, Converter>>;
  readonly weights: ReadonlyMap<tfl.LayerVariable, Float32Array>;
  readonly to: Builder;
}

/** A call of a layer, as tfjs stores it. */
interface Node {
  readonly inputTensors: readonly tfl.SymbolicTensor[];
  readonly outputTensors: readonly tfl.SymbolicTensor[];
}

/** Adds a model's layers from its inputs on, each call once, and returns its outputs. */
export function walk(model: tfl.LayersModel, inputs: readonly Value[], path: string, how: Walk): Value[] {
  const done = new Map<number, Value>(model.inputs.map(({ id }, i) => [id, inputs[i]!]));
  return model.outputs.map((output) => computed(output, done, path, how));
}

/** The value of a symbolic tensor; those that it depends on come first, without recursion: a model may be deep. */
function computed(wanted: tfl.SymbolicTensor, done: Map<number, Value>, path: string, how: Walk): Value {
  const open = [wanted];
  while (open.length > 0) {
    const tensor = open.at(-1)!;
    if (done.has(tensor.id)) {
      open.pop();
      continue;
    }
    const layer = tensor.sourceLayer;
    const node = layer.inboundNodes[tensor.nodeIndex] as unknown as Node;
    const missing = node.inputTensors.filter(({ id }) => !done.has(id));
    if (missing.length > 0) {
      open.push(...missing);
      continue;
    }
    const values = converted(layer, node, done, path, how);
    for (const [i, { id }] of node.outputTensors.entries()) done.set(id, values[i]!);
    open.pop();
  }
  return done.get(wanted.id)!;
}

function converted(
  layer: tfl.layers.Layer,
  node: Node,
  done: ReadonlyMap<number, Value>,
  path: string,
  how: Walk,
): readonly Value[] {
  const inputs = node.inputTensors.map(({ id }) => done.get(id)!);
  const name = `${path}/${layer.name}`;
  if (layer instanceof tfl.LayersModel) return walk(layer, inputs, name, how);
  const call = callOf(layer, node, inputs, name, how);
  const convert = Object.hasOwn(how.converters, call.className) ? how.converters[call.className]! : undefined;
  if (convert === undefined)
    throw cannot(call, "no converter has that name; give one by the option converters");
  how.to.enter(name);
  return [convert(call, how.to)].flat() as Value[];
}

function callOf(
  layer: tfl.layers.Layer,
  node: Node,
  inputs: readonly Value[],
  path: string,
  { weights }: Walk,
): LayerCall {
  const find = (name: string) => layer.weights.find(({ originalName }) => originalName.endsWith(`/${name}`));
  return {
    ...{ name: layer.name, className: layer.getClassName(), config: layer.getConfig(), inputs },
    shapes: node.outputTensors.map(({ shape }) => shape),
    has: (name) => find(name) !== undefined,
    weight(name): NamedWeights {
      const found = find(name);
      if (found === undefined) throw cannot(this, `it has no weight '${name}'`);
      return { name: `${path}/${name}`, shape: found.shape as number[], data: weights.get(found)! };
    },
  };
}
