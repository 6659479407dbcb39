import type * as tfl from "@tensorflow/tfjs-layers";
import type { Role } from "../../session/types.ts";
import type { Viewer } from "./view.ts";

/** The models that pictures are looked at with. One that is replaced is disposed once no look uses it any more. */
export class Viewers {
  readonly #byRole = new Map<Role, Viewer>();
  /** How many looks use a model. */
  readonly #uses = new Map<tfl.LayersModel, number>();

  get(role: Role): Viewer | undefined {
    return this.#byRole.get(role);
  }

  /** Takes a model, which is disposed when it is replaced. */
  set(viewer: Viewer): void {
    const before = this.#byRole.get(viewer.role)?.model;
    this.#byRole.set(viewer.role, viewer);
    if (before !== undefined && before !== viewer.model) this.#disposeUnused(before);
  }

  /** Changes the names of the classes. */
  rename(classNames: readonly string[]): void {
    for (const [role, viewer] of this.#byRole) this.#byRole.set(role, { ...viewer, classNames });
  }

  clear(): void {
    const models = [...this.#byRole.values()].map(({ model }) => model);
    this.#byRole.clear();
    for (const model of models) this.#disposeUnused(model);
  }

  /** Looks, with models that stay until it is done even if a training replaces them. */
  async use<T>(viewers: readonly Viewer[], look: () => Promise<T>): Promise<T> {
    for (const { model } of viewers) this.#uses.set(model, (this.#uses.get(model) ?? 0) + 1);
    try {
      return await look();
    } finally {
      for (const { role, model } of viewers) {
        const left = this.#uses.get(model)! - 1;
        if (left > 0) this.#uses.set(model, left);
        else this.#uses.delete(model);
        if (this.#byRole.get(role)?.model !== model) this.#disposeUnused(model);
      }
    }
  }

  #disposeUnused(model: tfl.LayersModel): void {
    if (!this.#uses.has(model)) model.dispose();
  }
}
