import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bitsOf, decode, readShardIndex } from "./index.ts";

const read = (text: string) => readShardIndex(new TextEncoder().encode(text));

describe("the index of a checkpoint in several files", () => {
  test("has the tensors of each file, and the size of all", () => {
    const { shards, totalSize } = read(`{
      "metadata": {"total_parameters": 3, "total_size": 12, "deep": [{"a": ["}", null]}, true]},
      "other": [1, {"x": "]"}], "flag": false,
      "weight_map": {"b": "2.safetensors", "a": "1.safetensors", "\\u00e9": "2.safetensors"}
    }`);
    expect([...shards]).toEqual([
      ["2.safetensors", ["b", "é"]],
      ["1.safetensors", ["a"]],
    ]);
    expect(totalSize).toBe(12);
    expect(read('{"weight_map":{"a":"x"}}').totalSize).toBeUndefined();
    expect(read('{"metadata":{},"weight_map":{"a":"x"}}').totalSize).toBeUndefined();
    expect(read('{"metadata":{"total_size":12.0},"weight_map":{"a":"x"}}').totalSize).toBe(12); // as transformers has written it
  });

  test.each([
    ["{}", 'got none of its "weight_map"'],
    ["[]", "the index: expected { at character 0 of the index"],
    ["", "expected { at character 0 of the index, got the end"],
    ['{"weight_map":{}}', "expected tensors in weight_map, got none"],
    ['{"weight_map":[]}', "weight_map: expected {"],
    ['{"weight_map":{"a":1}}', 'weight_map "a": expected "'],
    ['{"weight_map":{"a":"x","a":"y"}}', 'weight_map: "a" appears twice'],
    ['{"weight_map":{"a":"x"},"weight_map":{"a":"y"}}', 'the index: "weight_map" appears twice'],
    ['{"weight_map":{"a":"x"}', "expected } at character"],
    ['{"weight_map":{"a":"x"}}x', "expected the end at character"],
    ['{"metadata":{"total_size":-1},"weight_map":{"a":"x"}}', 'expected total_size in bytes, got "-1"'],
    ['{"metadata":{"total_size":1e300},"weight_map":{"a":"x"}}', "expected total_size in bytes"],
    ['{"metadata":{"total_size":"9"},"weight_map":{"a":"x"}}', "expected total_size in bytes"],
    ['{"metadata":nul,"weight_map":{"a":"x"}}', "metadata: expected JSON"],
    ['{"metadata":],"weight_map":{"a":"x"}}', "metadata: expected a value"],
    [`{"metadata":${"[".repeat(100_000)}`, "metadata: expected a value at character 100012"],
    ...[
      ...["../model.safetensors", "/etc/passwd", "a/b", "a\\\\b", "C:x", "..", ".", "", "a\\u0000"],
      ...["x".repeat(256), "\\n"],
    ].map((name) => [
      `{"weight_map":{"a":"${name}"}}`,
      'weight_map "a": expected the name of a file in the index\' folder, got "',
    ]),
  ])("%s is refused", (text, problem) => {
    expect(() => read(text!)).toThrow(RangeError);
    expect(() => read(text!)).toThrow(problem);
  });

  test("cut short anywhere or with any byte changed is refused or read, and nothing hangs", () => {
    const good = new TextEncoder().encode('{"metadata":{"total_size":4},"weight_map":{"a":"x","b":"y"}}');
    for (let cut = 0; cut < good.length; cut++)
      expect(() => readShardIndex(good.subarray(0, cut))).toThrow(RangeError);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bytes = good.slice();
        bytes[at] = byte;
        try {
          for (const name of readShardIndex(bytes).shards.keys()) expect(name).not.toMatch(/[/\\]/);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

test("numbers of a type that cannot be read, and what is no type, are refused", () => {
  expect(() => decode("F8_E4M3", Uint8Array.of(1))).toThrow("expected a type that can be read, got F8_E4M3");
  expect(() => decode("F31" as never, Uint8Array.of(1))).toThrow("decode: dtype must be an element type");
  expect(() => bitsOf("constructor" as never)).toThrow("bitsOf: dtype must be an element type");
});
