import { BlobReader, TextReader, Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { crc32c, masked } from "masked-crc32c";
import { type ByteSource, blobSource, bytesSource } from "safetensors-io";
import { fixturesOf } from "test-kit";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openNpz } from "./npz.ts";
import { openSavedModelZip } from "./saved-model.ts";
import { openTensorBundle } from "./tensor-bundle/open-tensor-bundle.ts";
import { Cursor } from "./tensor-bundle/protobuf-reader.ts";
import { openZip } from "./zip.ts";

const { bytes: fixture } = fixturesOf(new URL("../../../bit-teacher/src/", import.meta.url).href);

const KERNEL = "resnet/root_block/standardized_conv2d/kernel";
const MEGABYTE = 2 ** 20;

/** A zip of these files. */
async function zipOf(files: Readonly<Record<string, Uint8Array>>, level = 0): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, level });
  for (const [name, bytes] of Object.entries(files)) await writer.add(name, new Uint8ArrayReader(bytes));
  return writer.close();
}

/** A .npy of four numbers whose header says what it likes. */
function npy(header: string, numbers = Float32Array.of(1, 2, 3, 4), version = 1): Uint8Array {
  const text = new TextEncoder().encode(`${header}\n`);
  const size =
    version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  const magic = [0x93, ...new TextEncoder().encode("NUMPY"), version, 0, ...size];
  return Uint8Array.from([...magic, ...text, ...new Uint8Array(numbers.buffer)]);
}

const header = (shape: string, descr = "<f4", order = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

/** What the largest read asked for. */
function watched(bytes: Uint8Array): ByteSource & { largest: number } {
  return {
    ...{ name: "watched", size: bytes.length, largest: 0 },
    async read(offset, length) {
      this.largest = Math.max(this.largest, length);
      if (offset + length > bytes.length) throw new RangeError("beyond the end");
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** The files of the fixture's SavedModel. */
async function bundleFiles(): Promise<{ index: Uint8Array; data: Uint8Array }> {
  const members = await openZip(bytesSource(fixture("teacher.zip"), "teacher.zip"));
  const whole = async (name: string) => {
    const member = members.get(`bit_teacher/variables/${name}`)!;
    return (await member.read(0, member.size)).slice();
  };
  return { index: await whole("variables.index"), data: await whole("variables.data-00000-of-00001") };
}

const bundle = (index: Uint8Array, data: Uint8Array) =>
  openTensorBundle({ index: bytesSource(index, "index"), shard: async () => bytesSource(data, "data") });

describe("a .npz", () => {
  test.each([
    ["stored", "small.npz"],
    ["compressed", "small-compressed.npz"],
  ])("%s, from bytes and from a blob, has its arrays in any order", async (_, name) => {
    const bytes = fixture(name);
    const [one, two] = [
      await openNpz(bytesSource(bytes, name)),
      await openNpz(blobSource(new Blob([bytes as never]))),
    ];
    expect(one.tensors.get(KERNEL)!.shape).toEqual([7, 7, 3, 16]);
    for (const key of [...one.tensors.keys()].reverse())
      expect(await one.read(key)).toEqual(await two.read(key));
  });

  test("of other Python software: header versions 2 and 3, scalars, spaces", async () => {
    const file = await openNpz(
      bytesSource(
        await zipOf({
          "a.npy": npy(header("( 2,2 )"), undefined, 2),
          "b.npy": npy(header("()"), Float32Array.of(7), 3),
          "c.npy": npy(header("(4,)")),
          "d.npy": npy(header("(0, 3)"), new Float32Array(0)),
        }),
      ),
    );
    expect([...file.tensors.values()].map(({ shape }) => shape)).toEqual([[2, 2], [], [4], [0, 3]]);
    expect(await file.read("b")).toEqual(Float32Array.of(7));
    expect(await file.read("d")).toEqual(new Float32Array(0));
  });

  test.each([
    [header("(4, 1000000000)"), "expected 16000000000 bytes for float32 [4,1000000000], got 16"],
    [header("(99999999, 99999999, 99999999)"), "expected Infinity bytes"],
    [header("(3,)"), "expected 12 bytes for float32 [3], got 16"],
    [header("(4,)", "<f8"), "expected float32 ('<f4'), got '<f8'"],
    [header("(4,)", "|O"), "expected float32 ('<f4'), got '|O'"],
    [header("(2, 2)", "<f4", "True"), "expected C order"],
    ["{'descr': '<f4'}", "expected C order, got fortran_order undefined"],
    [header("(-4,)"), "expected a shape"],
  ])("with the header %s is refused", async (text, problem) => {
    const bytes = await zipOf({ "a.npy": npy(text) });
    await expect(openNpz(bytesSource(bytes, "x.npz"))).rejects.toThrow(problem);
    await expect(openNpz(bytesSource(bytes, "x.npz"))).rejects.toThrow('x.npz: "a.npy": ');
  });

  test("with a header longer than NumPy's limit, or than the file, is refused before it is read", async () => {
    const long = npy(header("(4,)").padEnd(20_000));
    await expect(openNpz(bytesSource(await zipOf({ "a.npy": long })))).rejects.toThrow(
      "at most 10000 bytes, got 20001",
    );
    const lie = npy(header("(4,)"), undefined, 2);
    lie.set([255, 255, 255, 127], 8);
    const source = watched(await zipOf({ "a.npy": lie }));
    await expect(openNpz(source)).rejects.toThrow("at most 10000 bytes, got 2147483647");
    expect(source.largest).toBeLessThan(MEGABYTE);
  });

  test("whose archive claims gigabytes is refused, and little is read", async () => {
    for (const level of [0, 6]) {
      const bytes = await zipOf({ "a.npy": npy(header("(4,)")) }, level);
      const directory = Buffer.from(bytes).lastIndexOf("PK\x01\x02"); // the central directory's only record
      new DataView(bytes.buffer).setUint32(directory + 24, 0xf0000000, true); // the uncompressed size
      const source = watched(bytes);
      await expect(openNpz(source)).rejects.toThrow(/a\.npy claims 4026531840 bytes|expected a zip archive/);
      expect(source.largest).toBeLessThan(MEGABYTE);
    }
  });

  test("that is no zip, or cut short anywhere, is refused", async () => {
    await expect(openNpz(bytesSource(new Uint8Array(1000), "zeros"))).rejects.toThrow(
      "zeros: expected a zip archive",
    );
    const bytes = fixture("small-compressed.npz");
    for (let cut = 0; cut < bytes.length; cut += 4999) {
      await expect(openNpz(bytesSource(bytes.subarray(0, cut)))).rejects.toThrow(RangeError);
    }
  });

  test("with any bit of a local header changed is refused or whole, and each read settles", async () => {
    const numbers = npy(header("(4,)"));
    for (const level of [0, 6]) {
      const bytes = await zipOf({ "a.npy": numbers }, level);
      const refused = new Set<string>();
      for (let bit = 0; bit < 8 * (30 + "a.npy".length); bit++) {
        const changed = bytes.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        const read = openNpz(bytesSource(changed, "x.npz")).then((file) => file.read("a"));
        const outcome = await read.then(String, String);
        if (outcome !== "1,2,3,4") {
          expect(outcome).toMatch(/^RangeError: x\.npz: /);
          refused.add(outcome);
        }
      }
      expect(refused.size).toBeGreaterThan(3); // the signature, the method, the name, the place of the data …
    }
  });

  test("whose directory counts fewer files than it lists, or calls one a folder, is refused", async () => {
    const bytes = await zipOf({ "a.npy": npy(header("(4,)")), "b.npy": npy(header("(4,)")) });
    const end = Buffer.from(bytes).lastIndexOf("PK\x05\x06");
    for (const count of [0, 1]) {
      const fewer = bytes.slice();
      fewer[end + 10] = count;
      await expect(openNpz(bytesSource(fewer, "x.npz"))).rejects.toThrow("x.npz: expected a zip archive");
    }
    const folder = bytes.slice();
    folder[Buffer.from(bytes).indexOf("PK\x01\x02") + 41] = 0x41; // the kind of file among Unix' attributes
    await expect(openNpz(bytesSource(folder, "x.npz"))).rejects.toThrow('"a.npy" is marked as a folder');
  });

  test("with any damaged number says so when the array is read", async () => {
    const bytes = Uint8Array.from(fixture("small.npz"));
    const file = await openNpz(bytesSource(bytes, "x.npz"));
    const numbers = (await file.read(KERNEL)) as Float32Array;
    const at = Buffer.from(bytes).indexOf(Buffer.from(numbers.buffer));
    bytes[at + 5]! ^= 1;
    await expect(file.read(KERNEL)).rejects.toThrow(`"${KERNEL}.npy": could not be unpacked`);
  });
});

test("a zip with two files of one name, an encrypted one, or folders", async () => {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  await writer.add("secret", new TextReader("x"), { password: "p" });
  await expect(openZip(bytesSource(await writer.close()))).rejects.toThrow('"secret" is encrypted');
  const folders = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  await folders.add("folder/", new BlobReader(new Blob([])), { directory: true });
  await folders.add("folder/a", new TextReader("x"));
  const members = await openZip(bytesSource(await folders.close()));
  expect([...members.keys()]).toEqual(["folder/a"]);
  await expect(members.get("folder/a")!.read(0, 2)).rejects.toThrow("expected a range within 1 bytes");
});

describe("a SavedModel's variables", () => {
  test("have TensorFlow's names, in the order of the data, without what is no float", async () => {
    const { index, data } = await bundleFiles();
    const file = await bundle(index, data);
    expect([...file.tensors.keys()]).toContain(KERNEL);
    expect(file.tensors.get("dense/kernel")!.shape).toEqual([64, 5]);
    expect([...file.tensors.keys()].filter((name) => /OBJECT_GRAPH|iteration/.test(name))).toEqual([]);
    const npz = await openNpz(bytesSource(fixture("small.npz"), "small.npz"));
    for (const name of npz.tensors.keys()) {
      if (!name.includes("head")) expect(await file.read(name)).toEqual(await npz.read(name));
    }
  });

  test("are refused when any byte of the index is changed", async () => {
    const { index, data } = await bundleFiles();
    const whole = await bundle(index, data);
    const names = [...whole.tensors.keys()].join();
    const end = index.length - 48;
    const [filters, size] = [new Cursor(index, end).varint(), 8 + 5];
    for (let at = 0; at < index.length; at += 1) {
      const changed = Uint8Array.from(index);
      changed[at]! ^= 1 << (at % 8);
      // The block of filters, which TensorFlow leaves empty, its place in the end and the padding there mean nothing.
      const opened = await bundle(changed, data).then((file) => [...file.tensors.keys()].join(), String);
      if (opened !== names) expect(opened).toMatch(/^RangeError: index: /);
      else expect(at >= end || (at >= filters && at < filters + size), `byte ${at}`).toBe(true);
    }
  });

  test("are refused when the index is cut short anywhere", async () => {
    const { index, data } = await bundleFiles();
    for (let cut = 0; cut < index.length; cut += 97) {
      await expect(bundle(index.subarray(0, cut), data)).rejects.toThrow(/^index: /);
    }
  });

  test("say which tensor is damaged when a byte of the data is changed", async () => {
    const { index, data } = await bundleFiles();
    const file = await bundle(index, data);
    data[100]! ^= 1;
    const problems: string[] = [];
    for (const name of file.tensors.keys())
      await file.read(name).catch((error) => problems.push(String(error)));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^RangeError: read: index: the CRC of tensor ".+" is wrong$/);
  });

  test("are refused when the names' own tensor is damaged, or the data is too short", async () => {
    const { index, data } = await bundleFiles();
    const damaged = Uint8Array.from(data);
    damaged[data.length - 400]! ^= 1; // TensorFlow writes the object graph last
    await expect(bundle(index, damaged)).rejects.toThrow("_CHECKPOINTABLE_OBJECT_GRAPH is damaged");
    await expect(bundle(index, data.subarray(0, 50))).rejects.toThrow(
      /expected \d+ bytes at \d+ of data, which has 50/,
    );
    const file = await bundle(index, data);
    await expect(file.read("nothing")).rejects.toThrow('there is no tensor "nothing"');
  });

  test("of an index made by hand: sizes that lie, slices, big-endian numbers, overlapping blocks", async () => {
    const lies: [number[], string][] = [
      [
        [0x08, 1, 0x12, 6, 0x12, 4, 0x08, 0x80, 0x80, 0x40, 0x28, 16],
        "float32 [1048576] takes 4194304 bytes, got 16",
      ],
      [[0x08, 1, 0x28, 4, 0x3a, 0], "expected a whole tensor, got one stored in slices"],
      [[0x08, 1, 0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], "below 2^53"],
      [[0x0b], "wire type 0, 1, 2 or 5, got 3"],
      [[0x12, 100], "expected 100 bytes, 0 are left"],
    ];
    for (const [entry, problem] of lies) {
      await expect(
        bundle(
          table([
            ["", [0x08, 1]],
            ["t", entry],
          ]),
          new Uint8Array(16),
        ),
      ).rejects.toThrow(problem);
    }
    await expect(bundle(table([["", [0x08, 1, 0x10, 1]]]), new Uint8Array(0))).rejects.toThrow(
      "little-endian",
    );
    await expect(bundle(table([["a", [0x08, 1]]]), new Uint8Array(0))).rejects.toThrow(
      "expected shards, got 0",
    );
    await expect(bundle(table([["", [0x08, 1]]], 2), new Uint8Array(0))).rejects.toThrow(
      "overlaps one that ends",
    );
    const beyond = await bundle(
      table([
        ["", [0x08, 1]],
        ["t", [0x08, 1, 0x18, 5, 0x28, 4]],
      ]),
      new Uint8Array(16),
    );
    await expect(beyond.read("t")).rejects.toThrow("expected a shard below 1, got 5");
  });

  test("whose keys are endless by sharing their beginnings are refused", async () => {
    const long = "k".repeat(100);
    const [twice, endless] = [sharedKeys(2, []), sharedKeys(1100, [0x6b])];
    await expect(bundle(twice, new Uint8Array(0))).rejects.toThrow("the key appears twice");
    await expect(bundle(endless, new Uint8Array(0))).rejects.toThrow(
      "expected keys of at most 100000000 bytes together",
    );
    const error = await bundle(table([[long, [0x0b]]]), new Uint8Array(0)).catch(String);
    expect(error).toBe(
      `RangeError: index: "${"k".repeat(60)}"…: expected a field of wire type 0, 1, 2 or 5, got 3`,
    );
  });

  test("without names of their own have those in their keys", async () => {
    const value = "/.ATTRIBUTES/VARIABLE_VALUE";
    const float = [0x08, 1, 0x28, 4];
    const keys = ["", "a/net.Sroot..1.Skernel:0", "b/kernel", "c"].map(
      (key, i) => key + (i % 3 ? value : ""),
    );
    const file = await bundle(
      table(keys.map((key) => [key, key === "" ? [0x08, 1] : float])),
      new Uint8Array(4),
    );
    expect([...file.tensors.keys()]).toEqual(["a/net/root.1/kernel", "b/kernel", "c"]);
  });

  test("in a zip: another number of SavedModels than one, or a missing shard, is refused", async () => {
    const { index, data } = await bundleFiles();
    const files = { "m/variables/variables.index": index };
    const none = zipOf({ other: data });
    await expect(openSavedModelZip(bytesSource(await none, "x"))).rejects.toThrow(
      "expected one variables/variables.index, got 0",
    );
    const two = zipOf({ ...files, "n/variables/variables.index": index });
    await expect(openSavedModelZip(bytesSource(await two, "x"))).rejects.toThrow("got 2");
    const short = zipOf(files);
    await expect(openSavedModelZip(bytesSource(await short, "x"))).rejects.toThrow(
      '"m/variables/" has no variables.data-00000-of-00001',
    );
    const good = await openSavedModelZip(
      bytesSource(await zipOf({ ...files, "m/variables/variables.data-00000-of-00001": data }, 6), "x"),
    );
    expect(await good.read(KERNEL)).toHaveLength(7 * 7 * 3 * 16);
  });
});

/** A LevelDB table of one block, which the index names `copies` times. */
function table(entries: readonly [key: string, value: readonly number[]][], copies = 1): Uint8Array {
  return tableOf(tableBlock(entries), copies);
}

/** A table whose first key has 100,000 bytes; each after it is the one before it and `own`. */
function sharedKeys(count: number, own: number[]): Uint8Array {
  const length = 100_000;
  const body = [0, ...varint(length), 0, ...new Array<number>(length).fill(0x6b)];
  for (let i = 1; i < count; i++) body.push(...varint(length + (i - 1) * own.length), own.length, 0, ...own);
  return tableOf([...body, 0, 0, 0, 0, 1, 0, 0, 0]);
}

function varint(n: number): number[] {
  return n < 128 ? [n] : [(n & 127) | 128, ...varint(n >> 7)];
}

function tableBlock(pairs: readonly [string, readonly number[]][]): number[] {
  const body = pairs.flatMap(([key, value]) => [
    ...[0, key.length, value.length],
    ...new TextEncoder().encode(key),
    ...value,
  ]);
  return [...body, 0, 0, 0, 0, 1, 0, 0, 0]; // one restart, at 0
}

function tableOf(data: number[], copies = 1): Uint8Array {
  const stored = (bytes: number[]): number[] => {
    const crc = masked(crc32c(Uint8Array.of(...bytes, 0)));
    return [...bytes, 0, crc & 255, (crc >>> 8) & 255, (crc >>> 16) & 255, crc >>> 24];
  };
  const handle = [0, ...varint(data.length)];
  const index = tableBlock(Array.from({ length: copies }, (_, i) => [`z${i}`, handle]));
  const footer = [0, 0, ...varint(data.length + 5), ...varint(index.length)];
  const magic = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
  const padding = new Array<number>(40 - footer.length).fill(0);
  return Uint8Array.from([...stored(data), ...stored(index), ...footer, ...padding, ...magic]);
}

test("files that are closed before their end do not keep later ones waiting", async () => {
  vi.useFakeTimers(); // zip.js has as many places as there are cores, and lets others wait by a timer
  onTestFinished(() => void vi.useRealTimers());
  const { index, data } = await bundleFiles();
  const longer = new Uint8Array(data.length + MEGABYTE); // more than the streams hold
  longer.set(data);
  const zip = await zipOf({
    "m/variables/variables.index": index,
    "m/variables/variables.data-00000-of-00001": longer,
  });
  for (let i = 0; i < 40; i++) {
    const file = await openSavedModelZip(bytesSource(zip));
    await file.read([...file.tensors.keys()][0]!);
    await file.close!();
  }
});
