import type * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { suggestion } from "known-options";

/** A layers model and its views with inner outputs, which share its variables. */
export interface ModelLayers {
  /** Shape of a layer's output without the batch. @throws RangeError if there is no such layer, or several applications of it. */
  shapeOf(layer: string): readonly (number | null)[];
  /** Output of a layer. @throws RangeError as `shapeOf`. */
  outputOf(layer: string): tfl.SymbolicTensor;
  /** Runs the model once. Returns its outputs, then those of these layers; one tensor may be there twice. */
  apply(inputs: tf.Tensor, layers: readonly string[], kwargs: object): tf.Tensor[];
}

/** Returns access to a model's layers by name; errors begin with `whose`, as in `"layersTeacher: the teacher"`. */
export function layersOfModel(whose: string, model: tfl.LayersModel): ModelLayers {
  const views = new Map<string, View>();
  const outputs = layerOutputs(model);
  const outputOf = (name: string): tfl.SymbolicTensor => {
    const output = outputs.get(name);
    if (output !== undefined) return output;
    if (model.layers.some((layer) => layer.name === name))
      throw new RangeError(`${whose}'s layer '${name}' must be applied once and have one output`);
    const names = [...outputs.keys()];
    throw new RangeError(
      `${whose} must have a layer '${name}', got ${listOf(names)}${suggestion(name, names)}`,
    );
  };
  return {
    shapeOf: (name) => outputOf(name).shape.slice(1),
    outputOf,
    apply(inputs, names, kwargs) {
      const key = JSON.stringify(names);
      const view = views.get(key) ?? viewOf(model, names.map(outputOf));
      views.set(key, view);
      const all = [view.model.apply(inputs, { ...kwargs }) as tf.Tensor | tf.Tensor[]].flat();
      return view.places.map((place) => all[place]!);
    },
  };
}

/** A model with each output once, and the place of each that is wanted. */
interface View {
  readonly model: tfl.LayersModel;
  readonly places: readonly number[];
}

function viewOf(model: tfl.LayersModel, inner: readonly tfl.SymbolicTensor[]): View {
  const wanted = [...model.outputs, ...inner];
  const outputs = [...new Set(wanted)]; // tfjs returns null for an output that is there twice
  const isWhole = outputs.length === model.outputs.length;
  return {
    model: isWhole ? model : tfl.model({ inputs: model.inputs, outputs }),
    places: wanted.map((output) => outputs.indexOf(output)),
  };
}

/** Returns the outputs of a model's layers by name, in their order, of those that it applies once and that have one output. */
export function layerOutputs(model: tfl.LayersModel): ReadonlyMap<string, tfl.SymbolicTensor> {
  const outputs = new Map<string, tfl.SymbolicTensor>();
  const { containerNodes } = model instanceof tfl.Sequential ? innerModel(model) : model;
  for (const layer of model.layers) {
    // A nested model has a node of its own, and a shared layer those of other models.
    const uses = [...layer.inboundNodes.keys()].filter((i) => containerNodes.has(`${layer.name}_ib-${i}`));
    const output = uses.length === 1 ? layer.getOutputAt(uses[0]!) : [];
    if (!Array.isArray(output)) outputs.set(layer.name, output);
  }
  return outputs;
}

/** The model that a sequential one builds of its layers; its type hides it. */
function innerModel(model: tfl.Sequential): tfl.LayersModel {
  model.build();
  return (model as unknown as { readonly model: tfl.LayersModel }).model;
}

/** The last names of a list: those near the outputs. */
export function listOf(names: readonly string[]): string {
  const shown = 12;
  return names.length <= shown
    ? names.join(", ")
    : `…, ${names.slice(-shown).join(", ")} (${names.length} in all)`;
}
