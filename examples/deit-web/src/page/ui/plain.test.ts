import { expect, test } from "vitest";
import { bytes, counted, duration, percent, whole } from "./plain.ts";

test("shares are percents, with a digit where they are small", () => {
  expect([0, 0.0001, 0.0034, 0.034, 0.0994, 0.0996, 0.934, 1].map(percent)).toEqual([
    "0%",
    "< 0.1%",
    "0.3%",
    "3.4%",
    "9.9%",
    "10%",
    "93%",
    "100%",
  ]);
});

test("a share that is not all of it is never 100%, nor a share of some 0%", () => {
  expect(percent(0.9999)).toBe("> 99%");
  expect(percent(0.994)).toBe("99%");
});

test("durations have two units at most", () => {
  expect([-1, 0.4, 59.4, 60, 200, 3000, 3900].map(duration)).toEqual([
    "0 s",
    "0 s",
    "59 s",
    "1 min",
    "3 min 20 s",
    "50 min",
    "1 h 5 min",
  ]);
});

test("numbers are counted in words", () => {
  expect(whole(459077.4)).toBe("459,077");
  expect(counted(1, "class", "classes")).toBe("1 class");
  expect(counted(1200, "picture")).toBe("1,200 pictures");
  expect([12_000, 4_249_000].map(bytes)).toEqual(["12 kB", "4.2 MB"]);
});
