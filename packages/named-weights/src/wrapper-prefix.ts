const WRAPPER = /^(module|model|_orig_mod)\./;

/**
 * Returns the prefix that training wrappers add to all names: `module.` (`DataParallel`), `_orig_mod.` (`torch.compile`),
 * `model.` (a training module), or several of them. Empty unless all names have it.
 *
 * @example
 * console.log(wrapperPrefix(["module._orig_mod.head.bias", "module._orig_mod.head.weight"])); // module._orig_mod.
 */
export function wrapperPrefix(names: Iterable<string>): string {
  const all = [...names];
  let prefix = "";
  for (;;) {
    const [next] = WRAPPER.exec(all[0]?.slice(prefix.length) ?? "") ?? [];
    if (next === undefined || !all.every((name) => name.startsWith(prefix + next))) return prefix;
    prefix += next;
  }
}
