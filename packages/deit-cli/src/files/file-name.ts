/** What file systems keep for themselves. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are part of it
const RESERVED = /[<>:"/\\|?*\u0000-\u001f]/g;

/** Different names for files, made of names of classes, which may be `animals/cats`; in their order. */
export function fileNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const plain = name.replace(RESERVED, "-").replace(/^\.+|[. ]+$/g, "") || "class";
    let free = plain;
    for (let i = 2; taken.has(free.toLowerCase()); i++) free = `${plain}-${i}`;
    taken.add(free.toLowerCase());
    return free;
  });
}
