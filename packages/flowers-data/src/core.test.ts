import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** Files and packages that a module reaches through imports of values. */
function reach(file: string, files = new Set<string>(), packages = new Set<string>()) {
  if (files.has(file)) return { files, packages };
  files.add(file);
  const source = readFileSync(file, "utf8");
  for (const [, clause, target] of source.matchAll(/^(?:import|export) ([^;"]*?)\s*from "([^"]+)";/gm)) {
    if (clause!.startsWith("type ")) continue;
    if (target!.startsWith(".")) reach(resolve(dirname(file), target!), files, packages);
    else packages.add(target!);
  }
  return { files, packages };
}

test("the core reaches nothing that a browser lacks", () => {
  const { files, packages } = reach(fileURLToPath(new URL("./core.ts", import.meta.url)));
  expect(files.size).toBeGreaterThan(10);
  expect([...packages].sort()).toEqual(["known-options", "sample-keys"]);
});
