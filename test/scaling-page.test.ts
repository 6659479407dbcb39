import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  efficiency,
  type Host,
  mostRows,
  stepSeconds,
  sumSeconds,
} from "../bench/distributed/scaling/model.ts";
import { fillScaling } from "../bench/distributed/scaling/page.ts";

const read = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");

test("docs/scaling.md shows docs/scaling.json", () => {
  const page = read("scaling.md");
  expect(page).toBe(fillScaling(page, JSON.parse(read("scaling.json"))));
});

// 1 Gbit/s, 50 µs a message, 1 ns a byte in a host; 10 MB.
const network = { rate: 1e9, latency: 50e-6, perByteHere: 1e-9 };

test.each([
  ["ring", 4, 10e6, 6 * 50e-6 + 1.5 * 0.08 + 0.01],
  ["tree", 4, 10e6, 4 * 50e-6 + 1.5 * 0.08 + 0.01],
  ["tree", 4, 5e6, 4 * 50e-6 + 1.5 * 0.04 + 0.01], // as bf16
  ["ring", 1, 10e6, 0],
] as const)(
  "a sum on a %s of %i hosts with %f bytes on the wire takes %f s",
  (algorithm, hosts, wire, seconds) => {
    expect(sumSeconds(algorithm, hosts, network, 10e6, wire)).toBeCloseTo(seconds, 12);
  },
);

const host: Host = { passes: (rows) => rows / 10, perStep: 0.1, microBatch: 3 };

test("a sum is hidden by the backward pass of the last micro-batch, two thirds of its time", () => {
  expect(stepSeconds(host, 8, 0.5, false)).toBeCloseTo(0.8 + 0.1 + 0.5, 12);
  expect(stepSeconds(host, 8, 0.5, true)).toBeCloseTo(0.8 + 0.1 + 0.3, 12);
  expect(stepSeconds(host, 8, 0.1, true)).toBeCloseTo(0.8 + 0.1, 12);
});

test("rows are dealt in pairs, and the host that has most of them is waited for", () => {
  expect([8, 64, 512, 1000].map((hosts) => mostRows(1024, hosts))).toEqual([128, 16, 2, 2]);
  expect(mostRows(1, 2)).toBe(1);
  expect(efficiency(host, 1024, 1000, 0, false)).toBeCloseTo(102.5 / (1000 * 0.3), 12);
});
