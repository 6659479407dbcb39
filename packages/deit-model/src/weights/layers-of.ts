import type * as tfl from "@tensorflow/tfjs-layers";

/** Returns a model's layers, those of nested models included. */
export function layersOf(model: tfl.LayersModel): tfl.layers.Layer[] {
  return model.layers.flatMap(
    (layer) => ("layers" in layer ? layersOf(layer as tfl.LayersModel) : [layer]), // a nested model
  );
}
