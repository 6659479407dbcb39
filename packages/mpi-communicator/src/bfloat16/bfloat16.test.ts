import { describe, expect, test } from "vitest";
import { Bfloat16 } from "./bfloat16.ts";

const bfloat16 = new Bfloat16();

/** The bits of numbers as bfloat16. */
function halvesOf(values: Float32Array): Uint16Array {
  const { memory, at } = bfloat16.reserve(2 * values.length + 2);
  const halves = new Uint16Array(memory, at, values.length + 1).fill(0xabcd);
  bfloat16.round(values, at);
  expect(halves[values.length]).toBe(0xabcd); // nothing is written behind them
  return halves.slice(0, -1);
}

function rounded(values: readonly number[]): number[] {
  const floats = Float32Array.from(values);
  const { memory, at } = bfloat16.reserve(2 * values.length);
  new Uint16Array(memory, at).set(halvesOf(floats));
  bfloat16.widen(at, floats);
  return [...floats];
}

/** The definition, number by number. */
function halfOf(bits: number): number {
  const isNan = (bits & 0x7fffffff) > 0x7f800000;
  return isNan ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

describe("bfloat16", () => {
  test("keeps numbers of 8 significant bits, zeros of either sign, infinities and NaN", () => {
    const exact = [0, -0, 1, -1.5, 255, 2 ** -126, 2 ** -133, -(2 ** 127), Infinity, -Infinity, NaN];
    expect(rounded(exact)).toEqual(exact);
  });

  test("rounds to the nearest, of two to the even one", () => {
    expect(rounded([257, 259, 261, 257.5, -257, -259])).toEqual([256, 260, 260, 258, -256, -260]);
    expect(rounded([3.4e38, -3.4e38])).toEqual([Infinity, -Infinity]); // above the largest, 3.3895e38
    expect(rounded([3.39e38])).toEqual([3.3895313892515355e38]);
  });

  test("is off by 2^-8 of a number at most", () => {
    const values = Float32Array.from({ length: 100_000 }, (_, i) => Math.sin(i) * 2 ** ((i % 200) - 100));
    const errors = rounded([...values]).map((one, i) => Math.abs(one - values[i]!) / Math.abs(values[i]!));
    const largest = errors.filter((error) => !Number.isNaN(error)).reduce((a, b) => Math.max(a, b));
    expect(largest).toBeLessThanOrEqual(2 ** -8);
    expect(largest).toBeGreaterThan(2 ** -8.1);
  });

  test("a NaN whose payload is in the lower bits stays NaN, and keeps its sign", () => {
    const nans = new Float32Array(Uint32Array.of(0x7f800001, 0xffffffff).buffer);
    expect([...halvesOf(nans)]).toEqual([0x7fc0, 0xffff]);
  });

  test("has the bits of its definition for all upper halves, with lower halves at each border", () => {
    const lower = [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff];
    const bits = new Uint32Array(65_536 * lower.length);
    for (let i = 0; i < bits.length; i++) {
      bits[i] = Math.floor(i / lower.length) * 65_536 + lower[i % lower.length]!;
    }
    expect(halvesOf(new Float32Array(bits.buffer))).toEqual(Uint16Array.from(bits, halfOf));
  });

  test("widens all numbers to their bits, and adds them as float32", () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const { memory, at } = bfloat16.reserve(6 * all.length);
    const sums = at + 2 * all.length;
    new Uint16Array(memory, at).set(all);
    const wide = new Float32Array(all.length);
    bfloat16.widen(at, wide);
    expect(new Uint32Array(wide.buffer)).toEqual(Uint32Array.from(all, (half) => half * 65_536));
    const own = new Float32Array(memory, sums, all.length).fill(0.1);
    bfloat16.add(at, sums, all.length);
    expect(own).toEqual(wide.map((one) => Math.fround(0.1) + one));
    bfloat16.begin(at, sums, all.length);
    expect(own).toEqual(wide);
  });

  test("takes any number of numbers, from shared memory too", () => {
    for (const length of [0, 1, 7, 8, 9, 17, 16_384, 16_385, 50_001]) {
      const values = new Float32Array(new SharedArrayBuffer(4 * length)).map((_, i) => i + 1 / 3);
      const bits = new Uint32Array(values.buffer);
      expect(halvesOf(values)).toEqual(Uint16Array.from(bits, halfOf));
    }
  });
});
