/** What TensorFlow takes as a node's name. */
export const NODE_NAME: RegExp = /^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$/;

/** Unique names of nodes. */
export class Names {
  readonly #used = new Set<string>();
  /** Numbers that were given last, so that a thousand nodes of one name are not tried one by one. */
  readonly #last = new Map<string, number>();

  /** Takes a name that others must not get. */
  reserve(name: string): void {
    this.#used.add(name);
  }

  /** A name that no node has: the wanted one, or with a number. */
  unique(wanted: string): string {
    const base = nodeName(wanted);
    let name = base;
    for (let i = this.#last.get(base) ?? 0; this.#used.has(name); i++) {
      name = `${base}_${i + 1}`;
      this.#last.set(base, i + 1);
    }
    this.#used.add(name);
    return name;
  }
}

/** A name in letters that TensorFlow takes. */
function nodeName(wanted: string): string {
  const letters = wanted.replace(/[^A-Za-z0-9_.\\/>-]/g, "_");
  return NODE_NAME.test(letters) ? letters : `n${letters}`;
}
