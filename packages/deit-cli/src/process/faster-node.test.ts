import { expect, test } from "vitest";
import { fasterNode } from "./faster-node.ts";

const OLD = { version: "20.19.0", arch: "x64" };

test("an older Node on x86-64 is told the command that trains faster, with its own arguments", () => {
  expect(fasterNode("wasm", [], OLD)).toBe("npx -p node@24 -p pnpm@12 pnpm start");
  expect(fasterNode("wasm", ["train", "--name", "it's mine"], OLD)).toBe(
    String.raw`npx -p node@24 -p pnpm@12 pnpm start train --name 'it'\''s mine'`,
  );
});

test.each([
  ["wasm", { version: "24.0.0", arch: "x64" }],
  ["wasm", { version: "22.1.0", arch: "arm64" }],
  ["tensorflow", OLD],
] as const)("nothing is said for %s on %j", (backend, node) => {
  expect(fasterNode(backend, [], node)).toBeUndefined();
});
