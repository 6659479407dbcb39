import { describe, expect, test } from "vitest";
import {
  type Checks,
  COUNT,
  either,
  FINITE,
  FUNCTION,
  integerFrom,
  type KindChecks,
  oneOf,
  optional,
  POSITIVE,
  RATE,
  requireKind,
  requireOptions,
  suggestion,
  UINT32,
} from "./index.ts";

interface Options {
  readonly learningRate: number | (() => number);
  readonly dropPathRate?: number;
  readonly init?: string;
}
const checks: Checks<Options> = {
  learningRate: either(POSITIVE, FUNCTION),
  dropPathRate: optional(RATE),
  init: optional(oneOf("keras", "timm")),
};
const call = (options: unknown) => () => requireOptions("train", options as Options, checks);

describe("requireOptions", () => {
  test("accepts options that fit, and one given as undefined", () => {
    expect(call({ learningRate: 1e-3, dropPathRate: 0, init: undefined })).not.toThrow();
    const options = { learningRate: () => 1 };
    expect(call(options)()).toBe(options);
  });

  test.each([
    [undefined, "train: options must be an object, got undefined"],
    [null, "train: options must be an object, got null"],
    [[1], "train: options must be an object, got [1]"],
    [
      { lr: 1 },
      "train: unknown option 'lr'; did you mean 'learningRate'?; known: learningRate, dropPathRate, init",
    ],
    [
      { learningRate: 1, constructor: 1 },
      "train: unknown option 'constructor'; known: learningRate, dropPathRate, init",
    ],
    [{}, "train: learningRate must be a finite number > 0 or a function, got undefined"],
    [{ learningRate: Number.NaN }, "train: learningRate must be a finite number > 0 or a function, got NaN"],
    [{ learningRate: "1" }, "train: learningRate must be a finite number > 0 or a function, got '1'"],
    [{ learningRate: 1, dropPathRate: 1 }, "train: dropPathRate must be in [0, 1), got 1"],
    [{ learningRate: 1, init: new Map() }, 'train: init must be "keras" or "timm", got an instance of Map'],
  ])("refuses %j", (options, message) => {
    expect(call(options)).toThrow(message);
  });

  test("tells unknown keys from values by the error's class", () => {
    expect(call({ lr: 1 })).toThrow(TypeError);
    expect(call({ learningRate: -1 })).toThrow(RangeError);
  });
});

describe("requireKind", () => {
  type Shape =
    | { readonly kind: "circle"; readonly radius: number }
    | { readonly kind: "square" | "oblong"; readonly side: number };
  const shapes: KindChecks<Shape, "kind"> = {
    circle: { radius: POSITIVE },
    square: { side: COUNT },
    oblong: { side: POSITIVE },
  };
  const draw = (shape: unknown) => () => requireKind("draw", shape as Shape, "kind", shapes);

  test("accepts each kind with its own keys", () => {
    const circle = { kind: "circle", radius: 0.5 };
    expect(draw(circle)()).toBe(circle);
    expect(draw({ kind: "oblong", side: 0.5 })).not.toThrow();
  });

  test.each([
    [undefined, "draw: options must be an object, got undefined"],
    [{ kind: "toString" }, `draw: kind must be "circle" or "square" or "oblong", got 'toString'`],
    [{ radius: 1 }, `draw: kind must be "circle" or "square" or "oblong", got 'undefined'`],
    [{ kind: "circle", side: 1 }, "draw: unknown option 'side'; known: kind, radius"],
    [{ kind: "square", side: 0.5 }, "draw: side must be an integer >= 1, got 0.5"],
  ])("refuses %j", (shape, message) => {
    expect(draw(shape)).toThrow(message);
  });
});

test("checks of numbers refuse what is not a number of their kind", () => {
  for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY, "1", null, undefined, 1n]) {
    expect([COUNT, UINT32, integerFrom(0)].map(({ fits }) => fits(value))).toEqual([false, false, false]);
  }
  expect([UINT32.fits(2 ** 32 - 1), UINT32.fits(2 ** 32), UINT32.fits(-1)]).toEqual([true, false, false]);
  expect([FINITE.fits(-1e300), FINITE.fits(Number.NEGATIVE_INFINITY)]).toEqual([true, false]);
});

test.each([
  ["lr", "learningRate"],
  ["wd", "weight-decay"],
  ["weight_decay", "weight-decay"],
  ["dropPath", "dropPathRate"],
  ["epocs", "epochs"],
  ["sede", "seed"],
  ["unit", "units"],
  ["zebra", ""],
])("the name nearest to %s is '%s'", (word, name) => {
  const known = ["init", "units", "epochs", "seed", "learningRate", "weight-decay", "dropPathRate"];
  expect(suggestion(word, known)).toBe(name === "" ? "" : `; did you mean '${name}'?`);
});
