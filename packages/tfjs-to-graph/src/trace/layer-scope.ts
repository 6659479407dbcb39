import type * as tfl from "@tensorflow/tfjs-layers";
import type { LayerPlace } from "./traced.ts";

type Apply = tfl.layers.Layer["apply"];

/** Knows which layer runs, while a function of its own runs a model. */
export class LayerScope {
  readonly #places: LayerPlace[] = [];
  /** Innermost layer in which the latest error was thrown. */
  #failed: { readonly error: unknown; readonly place: LayerPlace } | undefined;

  /** The layer that runs. */
  get place(): LayerPlace {
    return this.#places.at(-1) ?? { path: "", className: "" };
  }

  /** The layer that threw an error. */
  placeOf(error: unknown): LayerPlace {
    return this.#failed?.error === error ? this.#failed!.place : this.place;
  }

  /**
   * Runs a function while every layer's `apply` tells its name. All layers inherit that one method, so layers that are not in the
   * model's list, of wrappers and of a user's own, are seen too; the class is as before when the function ends.
   */
  during<T>(model: tfl.LayersModel, run: () => T): T {
    const base = baseOf(model);
    const own = base.apply;
    const enter = (layer: tfl.layers.Layer, call: () => ReturnType<Apply>) => this.#enter(model, layer, call);
    base.apply = function (this: tfl.layers.Layer, ...given: Parameters<Apply>): ReturnType<Apply> {
      return enter(this, () => own.apply(this, given));
    };
    try {
      return run();
    } finally {
      base.apply = own;
    }
  }

  #enter<T>(model: tfl.LayersModel, layer: tfl.layers.Layer, run: () => T): T {
    if (layer === model) return run();
    const around = this.place.path;
    const place = {
      path: around === "" ? layer.name : `${around}/${layer.name}`,
      className: layer.getClassName(),
    };
    this.#places.push(place);
    try {
      return run();
    } catch (error) {
      if (this.#failed?.error !== error) this.#failed = { error, place };
      throw error;
    } finally {
      this.#places.pop();
    }
  }
}

/** The prototype that all layers of a model's copy of tfjs inherit `apply` from. */
function baseOf(model: tfl.LayersModel): { apply: Apply } {
  let base = model as { apply: Apply };
  for (let next: object | null = model; next !== null; next = Object.getPrototypeOf(next) as object | null)
    if (Object.hasOwn(next, "apply")) base = next as { apply: Apply };
  return base;
}
