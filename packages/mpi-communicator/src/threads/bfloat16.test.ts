import { describe, expect, test } from "vitest";
import { fromBfloat16, toBfloat16 } from "./bfloat16.ts";

function rounded(values: readonly number[]): number[] {
  const floats = Float32Array.from(values);
  const halves = new Uint16Array(values.length);
  toBfloat16(new Uint32Array(floats.buffer), halves);
  fromBfloat16(halves, new Uint32Array(floats.buffer));
  return [...floats];
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
    const halves = new Uint16Array(2);
    toBfloat16(Uint32Array.of(0x7f800001, 0xffffffff), halves);
    expect([...halves]).toEqual([0x7fc0, 0xffff]);
  });
});
