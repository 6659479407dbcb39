const WRAPPER = /^(module|model|_orig_mod)\./;

/**
 * What training wrappers put in front of every tensor's name: `module.` (`DataParallel`), `_orig_mod.` (`torch.compile`),
 * `model.` (a training module), also several of them. Empty unless all names have it.
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
