import { expect, test } from "vitest";
import golden from "../../fixtures/repeated-order.json" with { type: "json" };
import { epochLength, occurrences, repeatedOrder, weightedOrder } from "./epoch-order.ts";

test.each(golden)("repeated augmentation of $size samples is RASampler's epoch", (c) => {
  const order = repeatedOrder(
    Uint32Array.from({ length: c.size }, (_, i) => i),
    3,
  );
  expect(order.length).toBe(c.length);
  expect(epochLength(c.size, 3)).toBe(c.length);
  expect([...order.subarray(0, 7)]).toEqual(c.first);
  expect([...order.subarray(-7)]).toEqual(c.last);
});

test("weighted draws have their probabilities, in each epoch anew, and never a weight of 0", () => {
  const weights = [0, 3, 1, ...new Array<number>(3996).fill(0), 4];
  const counts = new Map<number, number>();
  const order = weightedOrder(weights, 42, 3);
  expect(order.length).toBe(4000);
  for (const sample of order) counts.set(sample, (counts.get(sample) ?? 0) + 1);
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3999]);
  for (const [sample, share] of [
    [1, 3 / 8],
    [2, 1 / 8],
    [3999, 1 / 2],
  ] as const)
    expect(Math.abs(counts.get(sample)! / 4000 - share)).toBeLessThan(
      5 * Math.sqrt((share * (1 - share)) / 4000),
    );
  expect(weightedOrder(weights, 42, 3)).toEqual(order);
  expect(weightedOrder(weights, 42, 4)).not.toEqual(order);
  expect(weightedOrder(weights, 43, 3)).not.toEqual(order);
  expect([...occurrences(Uint32Array.of(2, 0, 2, 2, 0), 3)]).toEqual([0, 0, 1, 2, 1]);
});
