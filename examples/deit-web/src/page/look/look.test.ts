import { expect, test } from "vitest";
import { attentionColor, effectColor } from "./color-scales.ts";
import { whereHighest } from "./where.ts";

test("the place of the highest patch is said in words", () => {
  const at = (index: number) =>
    whereHighest(
      Array.from({ length: 9 }, (_, i) => Number(i === index)),
      3,
      3,
    );
  expect(Array.from({ length: 9 }, (_, index) => at(index))).toEqual([
    ...["in the upper left", "at the top", "in the upper right"],
    ...["at the left", "in the middle", "at the right"],
    ...["in the lower left", "at the bottom", "in the lower right"],
  ]);
});

test("more attention is lighter, in every step", () => {
  const light = (value: number) => {
    const [red, green, blue] = attentionColor(value);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  for (let value = 0; value < 1; value += 0.05) expect(light(value + 0.05)).toBeGreaterThan(light(value));
  expect(attentionColor(-1)).toEqual(attentionColor(0));
  expect(attentionColor(2)).toEqual(attentionColor(1));
});

test("patches that decide nothing are clear, and both directions have a color", () => {
  expect(effectColor(0).alpha).toBe(0);
  expect(effectColor(0.5)).toEqual({ color: effectColor(1).color, alpha: 0.5 });
  expect(effectColor(-1).color).not.toEqual(effectColor(1).color);
});
