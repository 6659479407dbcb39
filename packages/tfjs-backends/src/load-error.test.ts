import { expect, test } from "vitest";
import { loadError } from "./load-error.ts";

const PACKAGE = "@scope/pkg";
const coded = (code: string, message: string) => Object.assign(new Error(message), { code });

test("says what to install when the package is absent", async () => {
  const absent = "@no-such-scope/no-such-package";
  const cause = await import(/* @vite-ignore */ absent).catch((error: unknown) => error);
  expect(loadError("backend 'x'", cause, [absent]).message).toBe(
    `startBackend: backend 'x' needs ${absent}, not installed here: npm install ${absent}`,
  );
});

// As each of them says it.
test.each([
  ["Node", coded("ERR_MODULE_NOT_FOUND", "Cannot find package '@scope/pkg' imported from /app/index.js")],
  [
    "Node, of a file in it",
    coded("ERR_MODULE_NOT_FOUND", "Cannot find module '/app/node_modules/@scope/pkg/x.js'"),
  ],
  ["webpack", coded("MODULE_NOT_FOUND", "Cannot find module '@scope/pkg'")],
  ["Vite", new Error('Could not resolve "@scope/pkg" imported by "tfjs-backends". Is it installed?')],
  ["Chromium", new TypeError("Failed to resolve module specifier '@scope/pkg'")],
  [
    "Chromium, in full",
    new TypeError('Failed to resolve module specifier "@scope/pkg". Relative references …'),
  ],
  [
    "Firefox",
    new TypeError("The specifier “@scope/pkg” was a bare specifier, but was not remapped to anything."),
  ],
  ["Safari", new TypeError("Module name, '@scope/pkg' does not resolve to a valid URL.")],
])("knows an absent package by what %s says", (_, cause) => {
  expect(loadError("backend 'x'", cause, [PACKAGE]).message).toContain(
    "needs @scope/pkg, not installed here",
  );
});

test.each([
  new Error("libcuda.so.1: cannot open shared object file"),
  coded(
    "ERR_MODULE_NOT_FOUND",
    "Cannot find package 'seedrandom' imported from /app/node_modules/@scope/pkg/x.js",
  ),
  new TypeError("Failed to fetch dynamically imported module: http://localhost/@scope/pkg.js"),
])("does not call a package missing that is there and fails: %s", (cause) => {
  expect(loadError("backend 'x'", cause, [PACKAGE]).message).toBe(
    `startBackend: backend 'x' could not load @scope/pkg: ${cause.message}`,
  );
});
