import { expect, test } from "vitest";
import golden from "../fixtures/repeated-order.json" with { type: "json" };
import { epochLength, repeatedOrder } from "./epoch-order.ts";

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
