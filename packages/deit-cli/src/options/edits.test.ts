import { expect, test } from "vitest";
import { editsFrom, leavesOf, withEdits } from "./edits.ts";

const preset = { run: { name: "a", sides: [1, 2] }, recipe: { mixing: { alpha: 1 }, images: {} } };

test("leaves have paths; lists and empty objects are leaves", () => {
  const leaves = { "run.name": "a", "run.sides": [1, 2], "recipe.mixing.alpha": 1, "recipe.images": {} };
  expect(leavesOf(preset)).toEqual(leaves);
  expect(withEdits({}, leaves)).toEqual(preset);
});

test("edits replace, add and leave out, and do not change what they are made on", () => {
  const edits = {
    "run.name": "b",
    "recipe.images.crop.scale": [0, 1],
    "recipe.mixing": null,
    "run.none.at.all": undefined,
  };
  const before = structuredClone(preset);
  expect(withEdits(preset, edits)).toEqual({
    run: { name: "b", sides: [1, 2] },
    recipe: { images: { crop: { scale: [0, 1] } } },
  });
  expect(preset).toEqual(before);
});

test("a file of edits makes of the preset what it was written from", () => {
  for (const value of [
    { run: { name: "b" }, recipe: { mixing: { alpha: 2, beta: {} }, images: { flip: 0 } } },
    { run: { name: "b", sides: [], more: 1 }, recipe: {} },
  ])
    expect(withEdits(preset, leavesOf(JSON.parse(JSON.stringify(editsFrom(preset, value)))))).toEqual(value);
});

test("no key reaches what objects inherit", () => {
  const edits = leavesOf(JSON.parse('{"run": {"__proto__": {"a": 1}, "constructor": {"b": 2}}}'));
  const changed = withEdits(preset, edits);
  expect(Object.keys(changed.run)).toEqual(["name", "sides", "__proto__", "constructor"]);
  expect([({} as { a?: number }).a, Object.getPrototypeOf(changed.run)]).toEqual([
    undefined,
    Object.prototype,
  ]);
});
