import { describe, expect, test } from "vitest";
import { mix64, normal, permutation, philox2x32, rowsOfRank, sampleKey, siteOf, uniform } from "./index.ts";

describe("philox2x32", () => {
  // Known answers of the Random123 library, file kat_vectors: https://github.com/DEShawResearch/random123
  test.each([
    [0, 0, 0, 0xff1dae59, 0x6cd10df2],
    [0xffffffff, 0xffffffff, 0xffffffff, 0x2c3f628b, 0xab4fd7ad],
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0xdd7ce038, 0xf62a4c12],
  ])("returns the published words for counter (%d, %d) and key %d", (c0, c1, key, a, b) => {
    expect(philox2x32(c0, c1, key)).toEqual([a, b]);
  });
});

describe("sampleKey", () => {
  test("separates samples, epochs and seeds", () => {
    const keys = new Set<number>();
    for (let seed = 0; seed < 10; seed++)
      for (let epoch = 0; epoch < 10; epoch++)
        for (let sample = 0; sample < 50; sample++) keys.add(sampleKey(seed, epoch, sample));
    expect(keys.size).toBe(5000); // expected collisions of 5000 random words: 0.003
  });

  test("rejects arguments that are not uint32", () => {
    expect(() => sampleKey(-1, 0, 0)).toThrow("sampleKey: seed must be an integer in [0, 2^32), got -1");
    expect(() => sampleKey(0, 0.5, 0)).toThrow("sampleKey: epoch must be an integer in [0, 2^32), got 0.5");
    expect(() => sampleKey(0, 0, 2 ** 32)).toThrow("got 4294967296");
  });
});

describe("siteOf", () => {
  // Test vectors of RFC 9923 and http://www.isthe.com/chongo/src/fnv/test_fnv.c
  test.each([
    ["", 0x811c9dc5],
    ["a", 0xe40c292c],
    ["foobar", 0xbf9cf968],
  ])("returns the published FNV-1a hash of %j", (name, hash) => {
    expect(siteOf(name)).toBe(hash);
  });

  test("hashes UTF-8 bytes, not code units", () => {
    expect(siteOf("é")).not.toBe(siteOf("\u0000é"));
    expect(siteOf("é")).toBe(siteOf("\u00e9"));
  });
});

describe("uniform", () => {
  const n = 20_000;
  const draws = Array.from({ length: n }, (_, sample) => uniform(sampleKey(1, 0, sample), siteOf("x")));

  test("stays in [0, 1) with the mean and variance of the uniform distribution", () => {
    const mean = draws.reduce((sum, u) => sum + u, 0) / n;
    const variance = draws.reduce((sum, u) => sum + (u - mean) ** 2, 0) / n;
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
    expect(Math.abs(mean - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12 / n)); // 4 standard errors
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / n));
  });

  test("is uncorrelated between sites and between indices of one key", () => {
    for (const [site, index] of [["y", 0] as const, ["x", 1] as const]) {
      let sum = 0;
      for (let i = 0; i < n; i++)
        sum += (draws[i]! - 0.5) * (uniform(sampleKey(1, 0, i), siteOf(site), index) - 0.5);
      expect(Math.abs(sum / n)).toBeLessThan(4 / 12 / Math.sqrt(n));
    }
  });
});

describe("normal", () => {
  const n = 20_000;
  const draws = Array.from({ length: n }, (_, i) => normal(7, siteOf("noise"), i));
  const mean = (f: (x: number) => number) => draws.reduce((sum, x) => sum + f(x), 0) / n;

  test("has the first four moments of the normal distribution", () => {
    const errors = [1, 2, 15, 96].map((variance) => Math.sqrt(variance / n)); // of the means of x, x², x³, x⁴
    [0, 1, 0, 3].forEach((moment, i) => {
      expect(Math.abs(mean((x) => x ** (i + 1)) - moment)).toBeLessThan(4 * errors[i]!);
    });
  });

  test("is fixed by key, site and index", () => {
    expect(normal(7, siteOf("noise"), 3)).toBe(draws[3]);
    expect(normal(8, siteOf("noise"), 3)).not.toBe(draws[3]);
    expect(normal(7, siteOf("other"), 3)).not.toBe(draws[3]);
  });
});

describe("permutation", () => {
  test("contains every index once and is fixed by its key", () => {
    const order = permutation(1000, 5);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(permutation(1000, 5)).toEqual(order);
    expect(permutation(1000, 6)).not.toEqual(order);
  });

  test("is empty for length 0 and rejects a fraction", () => {
    expect(permutation(0, 1)).toEqual(new Uint32Array(0));
    expect(() => permutation(1.5, 1)).toThrow("permutation: length must be an integer >= 0, got 1.5");
    expect(() => permutation(3, Number.NaN)).toThrow(
      "permutation: key must be an integer in [0, 2^32), got NaN",
    );
    expect(() => siteOf(undefined as never)).toThrow("siteOf: name must be a string, got undefined");
  });

  test("gives each of the six orders of three things equally often", () => {
    const counts = new Map<string, number>();
    for (let key = 0; key < 6000; key++) {
      const order = permutation(3, sampleKey(9, 0, key)).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const bound = 4 * Math.sqrt(6000 * (1 / 6) * (5 / 6)); // 4 standard errors
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(bound);
  });
});

describe("mix64", () => {
  // The first numbers of SplitMix64 seeded with 0 and with 1234567: https://prng.di.unimi.it/splitmix64.c
  test.each([
    [0n, 0xe220a8397b1dcdafn],
    [0x9e3779b97f4a7c15n, 0x6e789e6aa1b965f4n],
    [1234567n, 6457827717110365317n],
    [2n ** 64n, 0xe220a8397b1dcdafn],
  ])("returns the published hash of %d", (value, expected) => {
    expect(mix64(value)).toBe(expected);
  });

  test("changes half of the output bits for one input bit", () => {
    let changed = 0;
    for (let bit = 0n; bit < 64n; bit++) {
      const difference = mix64(12345n) ^ mix64(12345n ^ (1n << bit));
      changed += difference.toString(2).replaceAll("0", "").length;
    }
    expect(Math.abs(changed / 64 - 32)).toBeLessThan(4 * Math.sqrt(16 / 64)); // 4 standard errors
  });
});

describe("rowsOfRank", () => {
  test.each([
    [0, 1],
    [1, 3],
    [6, 2],
    [7, 2],
    [64, 3],
    [256, 8],
    [5, 9],
  ])(
    "deals %d rows to %d ranks: each row once, its partner with it, shares within two rows",
    (rows, size) => {
      const shares = Array.from({ length: size }, (_, rank) => [...rowsOfRank(rows, { rank, size })]);
      expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
      for (const share of shares) {
        expect(share).toEqual([...share].sort((a, b) => a - b));
        expect(share.map((row) => rows - 1 - row).reverse()).toEqual(share);
      }
      const lengths = shares.map(({ length }) => length);
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(2);
    },
  );

  test("refuses shares that are none", () => {
    expect(() => rowsOfRank(-1, { rank: 0, size: 1 })).toThrow(
      "rowsOfRank: rows must be an integer >= 0, got -1",
    );
    expect(() => rowsOfRank(1, { rank: 0, size: 0 })).toThrow("size must be an integer >= 1, got 0");
    expect(() => rowsOfRank(1, { rank: 2, size: 2 })).toThrow("rank must be an integer in [0, 2), got 2");
  });
});
