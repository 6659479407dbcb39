import fc from "fast-check";
import { expect, test } from "vitest";
import { planMemory } from "./plan-memory.ts";
import { Storage } from "./storage.ts";

function temporary([bytes, first, length]: readonly [number, number, number]): Storage {
  const storage = new Storage("temporary", bytes);
  storage.use(first);
  storage.use(first + length);
  return storage;
}

test("storages of one time never share, each fits, none is left out", () => {
  const each = fc.tuple(fc.integer({ min: 4, max: 400 }), fc.nat(50), fc.nat(20));
  const property = fc.property(fc.array(each, { maxLength: 60 }), (given) => {
    const storages = given.map(temporary);
    const plan = planMemory(storages);
    expect(plan.flatMap((buffer) => buffer.storages).length).toBe(storages.length);
    for (const { bytes, storages: shared } of plan) {
      const inTime = [...shared].sort((a, b) => a.first - b.first);
      inTime.forEach((storage, i) => {
        expect(storage.bytes).toBeLessThanOrEqual(bytes);
        if (i > 0) expect(storage.first).toBeGreaterThan(inTime[i - 1]!.last);
      });
    }
  });
  fc.assert(property);
});

test("a chain takes the memory of its two largest neighbors", () => {
  const chain = [100, 40, 90, 10].map((bytes, i) => temporary([bytes, i, 1]));
  expect(planMemory(chain).map(({ bytes }) => bytes)).toEqual([100, 40]);
});
