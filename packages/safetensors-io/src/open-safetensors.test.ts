import fc from "fast-check";
import { fixturesOf } from "test-kit";
import { describe, expect, test } from "vitest";
import { fileWith } from "../test/file-with.ts";
import { type ByteSource, blobSource, bytesSource, openSafetensors, streamSource } from "./index.ts";

const { bytes: fixture } = fixturesOf(import.meta.url);

const mixed = fixture("mixed.safetensors");

function entry(dtype: string, shape: string, offsets: string): string {
  return `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
}

function streamOf(bytes: Uint8Array, chunk: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.subarray(at, at + chunk));
      at += chunk;
    },
  });
}

/** Counts what is asked for, so that a lie cannot pass unseen. */
function watched(bytes: Uint8Array, size = bytes.byteLength): ByteSource & { asked: number } {
  return {
    name: "watched",
    size,
    asked: 0,
    async read(offset, length) {
      this.asked += length;
      return bytes.subarray(offset, offset + length);
    },
  };
}

describe.each([
  ["bytes", () => bytesSource(mixed)],
  ["a blob", () => blobSource(new Blob([new Uint8Array(mixed)]))],
  ["a stream in chunks of 7", () => streamSource(streamOf(mixed, 7), { size: mixed.byteLength })],
])("a file of the official writer, from %s", (_, source) => {
  test("has its names, types, shapes and numbers", async () => {
    const file = await openSafetensors(source());
    const listed = [...file.tensors.values()].map(({ name, dtype, shape }) => [name, dtype, shape]);
    expect(new Map(listed.map(([name, ...rest]) => [name, rest]))).toEqual(
      new Map([
        ["integers", ["I64", [2, 2]]],
        ["beyond", ["I64", [1]]],
        ["double", ["F64", [1]]],
        ["nothing", ["F32", [0, 3]]],
        ["scalar", ["F32", []]],
        ["half", ["F16", [4096]]],
        ["eight", ["F8_E4M3", [1]]],
        ["bytes", ["U8", [2]]],
        ["truth", ["BOOL", [2]]],
      ]),
    );
    for (const name of file.tensors.keys()) {
      if (name === "beyond") {
        await expect(file.read(name)).rejects.toThrow(
          'tensor "beyond": expected integers within 2^53, got 9007199254740992',
        );
      } else if (name === "eight") {
        await expect(file.read(name)).rejects.toThrow("expected a type that can be read, got F8_E4M3");
      } else if (name !== "half") {
        const expected: Record<string, number[]> = {
          ...{ integers: [0, -1, 2 ** 53 - 1, 1 - 2 ** 53], double: [0.1], nothing: [] },
          ...{ scalar: [1.5], bytes: [0, 255], truth: [1, 0] },
        };
        expect([...(await file.read(name))], name).toEqual(expected[name]);
      }
    }
    await expect(file.read("other")).rejects.toThrow('there is no tensor "other"');
  });
});

test("numbers are right where the bytes are a part of a Node Buffer", async () => {
  const padded = Buffer.concat([Buffer.alloc(3), mixed]).subarray(3);
  const [file, plain] = [
    await openSafetensors(bytesSource(padded)),
    await openSafetensors(bytesSource(new Uint8Array(mixed))),
  ];
  for (const name of ["half", "double"]) expect(await file.read(name)).toEqual(await plain.read(name));
});

test("halves become the float32 that PyTorch makes of them", async () => {
  const file = await openSafetensors(bytesSource(fixture("floats.safetensors")));
  expect(Object.fromEntries(file.metadata)).toEqual({ format: "pt" });
  expect(file.tensors.get("é.weight")!.shape).toEqual([2, 2]);
  const numbers = await file.read("numbers");
  for (const [name, step, tiny] of [
    ["as_f16", 2 ** -11, 2 ** -25],
    ["as_bf16", 2 ** -8, 0],
  ] as const) {
    for (const [i, value] of (await file.read(name)).entries()) {
      const exact = numbers[i]!;
      if (Number.isFinite(exact)) {
        expect(Math.abs(value - exact)).toBeLessThanOrEqual(Math.abs(exact) * step + tiny);
      } else expect(value).toBe(exact);
    }
  }
});

test("errors shorten what a file says, however long it is", async () => {
  const long = "x".repeat(1e6);
  const tensor = entry("F32", "[1]", "[0,4]");
  for (const header of [
    `{"${long}":${entry("F32", "[2]", "[0,4]")}}`,
    `{"${long}":${tensor},"${long}":${tensor}}`,
    `{"${long}":{"dtype":"${long}","shape":[1],"data_offsets":[0,4]}}`,
    `{"a":{"${long}":[]}}`,
    `{"a":${entry("F32", `[${"1,".repeat(1e6)}2]`, "[0,4]")}}`,
    `{"a":${entry("F32", "[1]", `[${"1,".repeat(1e6)}2]`)}}`,
    `{"a":${entry("F32", `[${long}]`, "[0,4]")}}`,
    `{"__metadata__":{"${long}":1}}`,
    `{"__metadata__":{"${long}\\x":"a"}}`,
  ]) {
    const error = await openSafetensors(bytesSource(fileWith(header, 4), "f")).then(() => "none", String);
    expect(error).toMatch(/^RangeError: openSafetensors: f: /);
    expect(error.length).toBeLessThan(400);
  }
});

describe("refuses", () => {
  const f32 = (shape: string, offsets: string) => entry("F32", shape, offsets);
  test.each([
    [
      "a negative offset",
      `{"a":${f32("[1]", "[-4,0]")}}`,
      'tensor "a": data_offsets: expected whole numbers',
    ],
    ["a fraction", `{"a":${f32("[1]", "[0,4.0]")}}`, "from 0 to 2^53 - 1, got 4.0"],
    ["an exponent", `{"a":${f32("[1e0]", "[0,4]")}}`, 'tensor "a": shape: expected whole numbers'],
    ["2^53", `{"a":${f32("[9007199254740992]", "[0,4]")}}`, "got 9007199254740992"],
    [
      "a size of 2^54",
      `{"a":${f32("[4503599627370496]", "[0,4]")}}`,
      'tensor "a": F32 [4503599627370496] takes',
    ],
    [
      "sides whose product overflows",
      `{"a":${f32("[4503599627370496,4503599627370496,0]", "[0,0]")}}`,
      "takes",
    ],
    [
      "offsets beyond the file",
      `{"a":${f32("[2]", "[0,8]")}}`,
      'tensor "a": expected data_offsets [begin, end] within 4',
    ],
    ["offsets in reverse", `{"a":${f32("[1]", "[4,0]")}}`, 'tensor "a": expected data_offsets'],
    ["one offset", `{"a":${f32("[1]", "[4]")}}`, 'tensor "a": expected data_offsets'],
    [
      "a shape that does not fit",
      `{"a":${f32("[2]", "[0,4]")}}`,
      'tensor "a": F32 [2] takes 8 bytes, its data_offsets 4',
    ],
    [
      "an unknown type",
      `{"a":${entry("F31", "[1]", "[0,4]")}}`,
      'tensor "a": expected a known dtype, got "F31"',
    ],
    [
      "a type that objects have",
      `{"a":${entry("toString", "[1]", "[0,4]")}}`,
      'expected a known dtype, got "toString"',
    ],
    ["a missing key", '{"a":{"dtype":"F32","shape":[1]}}', 'tensor "a": data_offsets is missing'],
    ["another key", '{"a":{"dtype":"F32","size":[1]}}', 'expected dtype, shape and data_offsets, got "size"'],
    ["a name twice", `{"a":${f32("[1]", "[0,4]")},"a":${f32("[1]", "[0,4]")}}`, '"a" appears twice'],
    [
      "the same name, escaped",
      `{"a":${f32("[1]", "[0,4]")},"\\u0061":${f32("[1]", "[0,4]")}}`,
      '"a" appears twice',
    ],
    [
      "overlapping tensors",
      `{"a":${f32("[1]", "[0,4]")},"b":${f32("[1]", "[0,4]")}}`,
      'tensor "b": overlaps tensor "a"',
    ],
    [
      "a hole",
      `{"a":${entry("U8", "[1]", "[0,1]")},"b":${entry("U8", "[2]", "[2,4]")}}`,
      'tensor "b": begins at byte 2, but tensor "a" ends at 1',
    ],
    [
      "bytes at the end",
      `{"a":${entry("U8", "[3]", "[0,3]")}}`,
      "expected 3 bytes of data after the header, got 4",
    ],
    ["metadata that is no string", '{"__metadata__":{"epoch":1}}', '__metadata__ "epoch": expected "'],
    ["nested metadata", '{"__metadata__":{"a":{}}}', '__metadata__ "a": expected "'],
    ["a list", "[]", 'the header: expected { at character 0 of the header, got "["'],
    ["nothing", "", "expected { at character 0 of the header, got the end"],
    ["deep lists", `{"a":${"[".repeat(50_000)}`, 'tensor "a": expected { at character 5'],
    ["deep shapes", `{"a":{"shape":[${"[".repeat(50_000)}`, 'tensor "a": shape: expected whole numbers'],
    ["deep objects", '{"a":'.repeat(50_000), 'tensor "a": expected dtype, shape and data_offsets, got "a"'],
    ["an open string", '{"a', 'the header: expected " at character 3 of the header, got the end'],
    ["a broken escape", '{"\\x":{}}', "the header: expected a JSON string at character 1"],
    ["text after the end", `{"a":${f32("[1]", "[0,4]")}}x`, "expected the end at character"],
    ["half a header", `{"a":${f32("[1]", "[0,4]")}`, "expected } at character"],
  ])("%s", async (_, header, message) => {
    const opening = openSafetensors(bytesSource(fileWith(header, 4), "model.safetensors"));
    await expect(opening).rejects.toThrow("openSafetensors: model.safetensors: ");
    await expect(opening).rejects.toThrow(message);
  });

  test("bytes that are no UTF-8", async () => {
    const bytes = fileWith("{  }", 0);
    bytes[9] = 0xff;
    await expect(openSafetensors(bytesSource(bytes))).rejects.toThrow("expected a header in UTF-8");
  });

  test("a short file", async () => {
    await expect(openSafetensors(bytesSource(new Uint8Array(7)))).rejects.toThrow("got a file of 7");
  });

  test.each([3n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n])(
    "a header of %s bytes that the file has not, having read no more than its beginning",
    async (claimed) => {
      const source = watched(fileWith("{}", 0, claimed));
      await expect(openSafetensors(source)).rejects.toThrow(
        `of at most 2 bytes in a file of 10, got ${claimed}`,
      );
      expect(source.asked).toBe(10);
    },
  );

  test("a header beyond the format's 100 MB, having asked for 4096 bytes", async () => {
    const source = watched(fileWith("{}", 0, 100_000_001n), 2 ** 40);
    await expect(openSafetensors(source)).rejects.toThrow("of at most 100000000 bytes");
    expect(source.asked).toBe(4096);
  });

  test("a source that gives less than it has promised", async () => {
    const bytes = fileWith(`{"a":${f32("[2]", "[0,8]")}}`, 4);
    const file = await openSafetensors(watched(bytes, bytes.byteLength + 4));
    await expect(file.read("a")).rejects.toThrow(/watched: expected 8 bytes at \d+, got 4/);
  });

  test("a stream that ends early, or is read backwards", async () => {
    const cut = streamSource(streamOf(mixed.subarray(0, 900), 100), { size: mixed.byteLength, name: "net" });
    const file = await openSafetensors(cut);
    await expect(file.read("half")).rejects.toThrow(/net: expected \d+ bytes, the stream ended after 900/);
    const whole = await openSafetensors(streamSource(streamOf(mixed, 1e5), { size: mixed.byteLength }));
    await whole.read("half");
    await expect(whole.read("integers")).rejects.toThrow("a stream is read in order");
  });
});

test("any change of one byte is refused or changes what is read, and nothing hangs", async () => {
  const good = fileWith(`{"a":${entry("F32", "[1]", "[0,4]")},"b":${entry("U8", "[2,1]", "[4,6]")}}`, 6);
  await fc.assert(
    fc.asyncProperty(fc.nat(good.byteLength - 7), fc.nat(255), async (at, byte) => {
      const bytes = good.slice();
      bytes[at] = byte;
      const opened = await openSafetensors(bytesSource(bytes)).catch((error: unknown) => error);
      if (opened instanceof Error) expect(opened).toBeInstanceOf(RangeError);
      else {
        const sizes = [
          ...(opened as { tensors: Map<string, { begin: number; end: number }> }).tensors.values(),
        ];
        expect(sizes.reduce((sum, { begin, end }) => sum + end - begin, 0)).toBe(6);
      }
    }),
    { seed: 1, numRuns: 2000 },
  );
});
