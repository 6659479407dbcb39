/** Methods that stand in for those of other objects until they are restored. */
export class Overrides {
  readonly #restore: (() => void)[] = [];

  /** Puts methods over an object's, which may be its own or those of its class. */
  put<T extends object>(target: T, methods: Partial<T>): void {
    for (const name of Object.keys(methods)) {
      const before = Object.getOwnPropertyDescriptor(target, name);
      this.#restore.push(() => {
        if (before === undefined) Reflect.deleteProperty(target, name);
        else Object.defineProperty(target, name, before);
      });
    }
    Object.assign(target, methods);
  }

  /** Gives all objects their methods back, in reverse order. Further calls do nothing. */
  restore(): void {
    for (const restore of this.#restore.splice(0).reverse()) restore();
  }
}
