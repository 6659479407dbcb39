import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import fc from "fast-check";
import { type ByteSource, blobSource, bytesSource, openSafetensors } from "safetensors-io";
import { fixturesOf } from "test-kit";
import { describe, expect, test } from "vitest";
import { openTorchCheckpoint, type TorchCheckpoint } from "../../index.ts";

const { bytes: fixture } = fixturesOf(import.meta.url.replace("/src/formats/torch/", "/src/"));

const open = (name: string, part?: string) =>
  openTorchCheckpoint(
    bytesSource(fixture(`torch-${name}.pth`), `${name}.pth`),
    part === undefined ? {} : { part },
  );
const bits = (values: ArrayLike<number>) => {
  const { buffer, byteOffset, byteLength } = values as Float32Array;
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("hex");
};
const expected = await openSafetensors(bytesSource(fixture("torch-expected.safetensors")));

async function expectTensors(file: TorchCheckpoint, name: string): Promise<void> {
  const own = [...expected.tensors.values()].filter((tensor) => tensor.name.startsWith(`${name}/`));
  const keys = own.map((tensor) => tensor.name.slice(name.length + 1));
  expect([...file.tensors.keys()].sort()).toEqual(keys.sort());
  expect(keys.length).toBeGreaterThan(3);
  for (const { name: full, shape, dtype } of own) {
    const key = full.slice(name.length + 1);
    expect([key, file.tensors.get(key)?.shape, file.tensors.get(key)?.dtype]).toEqual([key, shape, dtype]);
    expect([key, bits(await file.read(key))]).toEqual([key, bits(await expected.read(full))]);
  }
}

describe("a checkpoint of torch.save", () => {
  test.each(["types", "strided", "parameters", "deit", "training"])(
    "%s has PyTorch's tensors, to the bit",
    async (name) => {
      const file = await open(name);
      await expectTensors(file, name);
      await file.close();
    },
  );

  test("is read from a blob, in any order, and its numbers are copies", async () => {
    const blob = new Blob([fixture("torch-strided.pth") as never]);
    const file = await openTorchCheckpoint(blobSource(blob, "blob.pth"));
    await expectTensors(file, "strided");
    for (const key of [...file.tensors.keys()].reverse()) {
      const values = (await file.read(key)) as Float32Array;
      values.fill(0);
      expect(bits(await file.read(key))).toBe(bits(await expected.read(`strided/${key}`)));
    }
    await expect(file.read("other")).rejects.toThrow('read: blob.pth: there is no tensor "other"');
  });

  test("lists tensors in the order of its storages", async () => {
    const file = await open("strided");
    const [first] = file.tensors.keys();
    expect(first).toBe("whole"); // at 0 of the first storage, and before the others at 0
    expect([...file.tensors.keys()].indexOf("k")).toBeGreaterThan([...file.tensors.keys()].indexOf("q"));
  });

  test("counts what is no tensor, and says which part was taken", async () => {
    const types = await open("types");
    expect([types.part, types.others]).toEqual([undefined, 12]);
    expect((await open("deit")).part).toBe("model");
    const training = await open("training");
    expect([training.part, training.others]).toEqual(["state_dict_ema", 0]);
    const raw = await open("training", "state_dict");
    expect(raw.part).toBe("state_dict");
    expect(bits(await raw.read("head.weight"))).toBe(bits(await expected.read("deit/head.weight")));
    await expect(open("training", "weights")).rejects.toThrow(
      'training.pth: expected a state dict "weights", got a dict of "arch" (a text), "state_dict" (a dict), "state_dict_ema" (a dict), ' +
        '"version" (a number), "optimizer" (a dict), "lr_scheduler" (a dict), "epoch" (a number), "args" (argparse.Namespace) and 1 more',
    );
  });

  test("of another kind is refused by its name, with what to do", async () => {
    await expect(open("module")).rejects.toThrow(
      'module.pth: expected a state dict, got a pickle that calls "torch.nn.modules.container.Sequential": load it in Python, if you trust it, and save the model\'s state_dict() alone',
    );
    await expect(open("legacy")).rejects.toThrow(
      "legacy.pth: expected PyTorch's zip format, got a pickle, such as its format before 1.6: load it in Python, if you trust it, and save it in Python with torch.save(state_dict, path)",
    );
  });
});

// Pickles by hand.

const text = new TextEncoder();
const int32 = (value: number) => [...new Uint8Array(Int32Array.of(value).buffer)];
type Part = readonly number[];
const PROTO: Part = [0x80, 2];
const [MARK, STOP, TUPLE, REDUCE, DICT, SETITEM, BUILD, NEWOBJ, EMPTY, FALSE, NONE, PERSID]: Part[] = [
  ...[[0x28], [0x2e], [0x74], [0x52], [0x7d], [0x73], [0x62], [0x81], [0x29], [0x89], [0x4e], [0x51]],
];
const word = (value: string): Part => [0x58, ...int32(text.encode(value).length), ...text.encode(value)];
const int = (value: number): Part => {
  if (Math.abs(value) < 2 ** 31) return [0x4a, ...int32(value)];
  return [0x8a, 8, ...new Uint8Array(BigInt64Array.of(BigInt(value)).buffer)];
};
const called = (module: string, name: string): Part => [...text.encode(`c${module}\n${name}\n`)];
const tuple = (...items: Part[]): Part => [...MARK!, ...items.flat(), ...TUPLE!];
const pickle = (...parts: Part[]): Uint8Array => Uint8Array.from([...PROTO, ...parts.flat(), ...STOP!]);
const dict = (...entries: [Part, Part][]): Part => [
  ...DICT!,
  ...entries.flatMap(([key, value]) => [...key, ...value, ...SETITEM!]),
];

interface Tensor {
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
  readonly size?: number;
  readonly type?: string;
  readonly key?: string;
}
const storage = ({ type = "FloatStorage", key = "0", size = 4 }: Partial<Tensor>): Part => [
  ...tuple(word("storage"), called("torch", type), word(key), word("cpu"), int(size)),
  ...PERSID!,
];
const tensor = (it: Tensor): Part => {
  const {
    shape,
    strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1)),
    offset = 0,
  } = it;
  const args = [
    storage(it),
    int(offset),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    FALSE!,
    NONE!,
  ];
  return [...called("torch._utils", "_rebuild_tensor_v2"), ...tuple(...args), ...REDUCE!];
};

async function archive(
  data: Uint8Array,
  files: Record<string, Uint8Array> = {},
  level = 0,
): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, level });
  const numbers = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const all = { "data.pkl": data, byteorder: text.encode("little"), "data/0": numbers, ...files };
  for (const [name, bytes] of Object.entries(all)) await writer.add(`x/${name}`, new Uint8ArrayReader(bytes));
  return writer.close();
}

/** Counts what is asked for, so that a lie cannot pass unseen. */
function watched(bytes: Uint8Array): ByteSource & { largest: number } {
  return {
    ...{ name: "x.pth", size: bytes.length, largest: 0 },
    async read(offset, length) {
      this.largest = Math.max(this.largest, length);
      if (offset + length > bytes.length) throw new RangeError("beyond the end");
      return bytes.subarray(offset, offset + length);
    },
  };
}

async function refused(data: Uint8Array, files?: Record<string, Uint8Array>): Promise<string> {
  const source = watched(await archive(data, files));
  const opened = await openTorchCheckpoint(source).catch((error: unknown) => error);
  expect(opened).toBeInstanceOf(RangeError);
  expect((opened as Error).message).toMatch(/^x\.pth: /);
  expect((opened as Error).message.length).toBeLessThan(500);
  expect(source.largest).toBeLessThan(2 ** 20);
  return (opened as Error).message;
}

describe("a pickle by hand", () => {
  test("of a tensor is read: the ones below are refused for what they say", async () => {
    const good = pickle(dict([word("a"), tensor({ shape: [2, 2], strides: [1, 2] })]));
    const file = await openTorchCheckpoint(bytesSource(await archive(good)));
    expect([...(await file.read("a"))]).toEqual([1, 3, 2, 4]);
    const cuda = pickle(dict([word("a"), [...tensor({ shape: [4] })]]));
    const moved = Buffer.from(cuda).toString("latin1").replace("ctorch\nFloat", "ctorch.cuda\nFloat");
    const other = await openTorchCheckpoint(bytesSource(await archive(Buffer.from(moved, "latin1"))));
    expect([...(await other.read("a"))]).toEqual([1, 2, 3, 4]);
  });

  test.each([
    ["os", "system", [...tuple(word("echo")), ...REDUCE!]],
    ["posix", "system", REDUCE!],
    ["builtins", "eval", [...tuple(word("1")), ...REDUCE!]],
    ["__builtin__", "getattr", NEWOBJ!],
    ["torch", "load", []],
    ["torch.storage", "UntypedStorage", []],
    ["torch._utils", "_rebuild_tensor_v3", []],
    ["torch._utils", "_rebuild_sparse_tensor", []],
    ["numpy.core.multiarray", "scalar", []],
    ["torch", "__proto__", []],
    ["Object", "constructor", []],
    ["torch", "toStringStorage", []],
  ] as [string, string, Part][])(
    "with %s.%s is refused by its name, called or not",
    async (module, name, rest) => {
      for (const parts of [
        [called(module, name), rest],
        [dict([word("a"), tensor({ shape: [4] })]), called(module, name), rest],
      ])
        expect(await refused(pickle(...parts))).toContain(
          `x.pth: expected a state dict, got a pickle that calls "${module}.${name}": load it in Python`,
        );
    },
  );

  test.each([
    [
      "a class that is a function",
      [...called("argparse", "Namespace"), ...EMPTY!, ...REDUCE!],
      'calls "argparse.Namespace"',
    ],
    [
      "a function that is a class",
      [...called("torch._utils", "_rebuild_tensor_v2"), ...EMPTY!, ...NEWOBJ!],
      "_rebuild_tensor_v2",
    ],
    [
      "a type that is called",
      [...called("torch", "float32"), ...EMPTY!, ...REDUCE!],
      'calls "torch.float32"',
    ],
    [
      "a text that is called",
      [...word("f"), ...EMPTY!, ...REDUCE!],
      "expected a function and a tuple, got a text and a tuple",
    ],
    ["no arguments", [...called("torch", "Size"), ...NONE!, ...REDUCE!], "got torch.Size and None"],
    [
      "attributes of a list",
      [0x5d, ...DICT!, ...BUILD!],
      "expected attributes of an OrderedDict, got those of a list",
    ],
    ["attributes of a tensor", [...tensor({ shape: [4] }), ...EMPTY!, ...BUILD!], "got those of a tensor"],
    [
      "a full OrderedDict",
      [...called("collections", "OrderedDict"), ...tuple(EMPTY!), ...REDUCE!],
      "got one of 1 arguments",
    ],
    [
      "another storage",
      [...tuple(word("module"), word("x")), ...PERSID!],
      "expected a storage with type, key and size, got a tuple",
    ],
    ["a number for a storage", [...int(1), ...PERSID!], "got a number"],
    [
      "a tensor without storage",
      [...called("torch._utils", "_rebuild_tensor_v2"), ...tuple(NONE!), ...REDUCE!],
      "expected a tensor's storage, got None",
    ],
    [
      "a parameter of a text",
      [...called("torch._utils", "_rebuild_parameter"), ...tuple(word("x")), ...REDUCE!],
      "expected a parameter's tensor, got a text",
    ],
    ["protocol 4", [0x80, 4], "expected a pickle of protocol 2, torch.save's default, got 4"],
    ["an operation of protocol 4", [0x95, 0, 0], "got a pickle with the operation FRAME"],
    ["an operation of protocol 0", [0x69], "the operation INST"],
    ["an unknown operation", [0xff], "the operation 0xff"],
    ["nothing on the stack", [0x52], "takes a value that is not there"],
    ["nothing above a mark", [...DICT!, ...MARK!, ...SETITEM!], "takes a value that is not there"],
    ["no mark", [0x75], "takes a value that is not there"],
    ["a mark that stays", [...DICT!, ...MARK!], "takes a value that is not there"],
    ["two values", [...DICT!, ...DICT!], "the pickle ends within an object"],
    ["a key alone", [...DICT!, ...MARK!, ...word("a"), 0x75], "got a key without a value"],
    ["an append to a dict", [...DICT!, ...NONE!, 0x61], "expected a list to append to, got a dict"],
    ["an item of a list", [0x5d, ...NONE!, ...NONE!, ...SETITEM!], "expected a dict to fill, got a list"],
    ["a name twice", dict([word("a"), NONE!], [word("a"), NONE!]), '"a" appears twice'],
    ["a memory of nothing", [0x68, 3], "expected a value that was remembered, got number 3"],
    ["a memory of nothing, far", [0x6a, 255, 255, 255, 255], "got number 4294967295"],
    ["a text that lies", [0x58, 255, 255, 255, 255, 0x61], "the pickle ended after"],
    ["a text that is none", [0x58, 1, 0, 0, 0, 0xff], "expected a text in UTF-8"],
    ["an endless name", [0x63, ...new Array(10_000).fill(0x61)], "expected a name of at most 200 bytes"],
    [
      "a huge integer",
      [0x8a, 255, ...new Array(255).fill(1)],
      "expected an integer of at most 64 bytes, got 255",
    ],
    ["a list", [0x5d], "expected a state dict, got a list"],
    ["a tensor", tensor({ shape: [4] }), "expected a state dict, got a tensor"],
    ["nothing", NONE!, "expected a state dict, got None"],
    ["an empty dict", DICT!, "expected a state dict, got an empty dict"],
    ["no tensors", dict([word("model"), dict([word("a"), int(1)])]), 'got a dict of "model" (a dict)'],
    ["names that are no texts", dict([int(1), tensor({ shape: [4] })]), "got a dict of a number (a tensor)"],
  ] as [string, Part, string][])("with %s is refused", async (_, parts, problem) => {
    expect(await refused(pickle(parts))).toContain(problem);
  });

  test.each([
    [{ shape: [5] }, "[5] at 0 with strides [1] leaves its storage of 4 elements"],
    [{ shape: [4], offset: 1 }, "[4] at 1 with strides [1] leaves its storage"],
    [{ shape: [2, 2], strides: [3, 2] }, "[2,2] at 0 with strides [3,2] leaves its storage"],
    [{ shape: [2], strides: [2 ** 52] }, "leaves its storage of 4 elements"],
    [
      { shape: [2 ** 40, 2 ** 40], strides: [0, 0] },
      "repeats a storage of 4 elements beyond the file's size",
    ],
    [{ shape: [2 ** 30], strides: [0] }, "F32 [1073741824] repeats a storage"],
    [{ shape: [2 ** 52, 2 ** 52], strides: [2 ** 52, 1] }, "leaves its storage"],
    [{ shape: [4], offset: 2 ** 53 - 1 }, "leaves its storage"],
    [{ shape: [4], offset: -1 }, "expected a tensor's offset, shape and strides, each from 0 to 2^53 - 1"],
    [{ shape: [-4] }, "each from 0 to 2^53 - 1"],
    [{ shape: [4], strides: [-1] }, "each from 0 to 2^53 - 1"],
    [{ shape: [4], strides: [1, 1] }, "each from 0 to 2^53 - 1"],
    [{ shape: [2 ** 60] }, "each from 0 to 2^53 - 1"],
    [{ shape: new Array(65).fill(1) }, "each from 0 to 2^53 - 1"],
    [{ shape: [4], size: 5 }, "its storage of 5 F32 takes 20 bytes, got 16"],
    [{ shape: [4], size: 2 ** 52 }, "takes 18014398509481984 bytes, got 16"],
    [{ shape: [4], size: -1 }, "expected a storage with type, key and size"],
    [{ shape: [4], type: "DoubleStorage" }, "its storage of 4 F64 takes 32 bytes, got 16"],
    [{ shape: [4], key: "1" }, 'its storage "1" is not in the archive'],
    [{ shape: [4], key: "../data.pkl" }, "is not in the archive"],
  ] as [Tensor, string][])("with the tensor %j is refused", async (it, problem) => {
    const message = await refused(
      pickle(dict([word("fine"), tensor({ shape: [4] })], [word("odd"), tensor(it)])),
    );
    expect(message).toContain(problem);
    if (!/each from|with type/.test(problem)) expect(message).toContain('tensor "odd": ');
  });

  test("of values within values without end is read no deeper than a state dict is", async () => {
    const itself = [0x71, 0, ...word("model"), 0x68, 0, ...SETITEM!]; // d["model"] = d
    const file = await openTorchCheckpoint(
      bytesSource(
        await archive(pickle([...DICT!, ...itself, ...word("a"), ...tensor({ shape: [4] }), ...SETITEM!])),
      ),
    );
    expect([file.part, [...file.tensors.keys()], file.others]).toEqual(["model", ["a"], 1]);
    const doubled = new Array(100_000).fill([0x71, 1, 0x68, 1, 0x86]).flat(); // t = (t, t)
    const other = await openTorchCheckpoint(
      bytesSource(
        await archive(pickle(dict([word("a"), tensor({ shape: [4] })], [word("t"), [...NONE!, ...doubled]]))),
      ),
    );
    expect(other.others).toBe(1);
    const deep = new Array(200_000).fill(0x5d);
    expect(await refused(pickle([...deep, ...new Array(199_999).fill(0x61)]))).toContain("got a list");
    expect(await refused(pickle(new Array(200_000).fill(0x28)))).toContain("takes a value that is not there");
  });

  test("of too many operations, or too long, is refused, and the second is not read", async () => {
    const many = new Uint8Array(4_100_000).fill(0x7d);
    many.set(PROTO);
    const bytes = await archive(many);
    await expect(openTorchCheckpoint(bytesSource(bytes, "x.pth"))).rejects.toThrow(
      "x.pth: expected a pickle of at most 4000000 operations",
    );
    const long = watched(await archive(new Uint8Array(32_000_001)));
    await expect(openTorchCheckpoint(long)).rejects.toThrow("of at most 32000000 bytes, got 32000001");
    expect(long.largest).toBeLessThan(2 ** 20);
  });

  test("of NaN is read, and it is for the loader to refuse it", async () => {
    const nan = new Uint8Array(Float32Array.of(Number.NaN, 1, 2, 3).buffer);
    const good = pickle(dict([word("a"), tensor({ shape: [4] })]));
    const file = await openTorchCheckpoint(bytesSource(await archive(good, { "data/0": nan })));
    expect([...(await file.read("a"))]).toEqual([Number.NaN, 1, 2, 3]);
  });

  test("whose complex numbers cannot be read says so when they are", async () => {
    const complex = pickle(dict([word("a"), tensor({ shape: [2], size: 2, type: "ComplexFloatStorage" })]));
    const file = await openTorchCheckpoint(bytesSource(await archive(complex), "x.pth"));
    expect(file.tensors.get("a")?.dtype).toBe("C64");
    await expect(file.read("a")).rejects.toThrow(
      'read: x.pth: tensor "a": expected a type that can be read, got C64',
    );
  });
});

describe("an archive", () => {
  const good = pickle(dict([word("a"), tensor({ shape: [4] })]));

  test("of big-endian numbers, of TorchScript, or of none of these is refused by name", async () => {
    expect(await refused(good, { byteorder: text.encode("big") })).toContain(
      'expected little-endian numbers, got "big": load it in Python on a little-endian machine and save it',
    );
    expect(await refused(good, { "constants.pkl": good })).toContain(
      "got a TorchScript archive: load it with torch.jit.load and save it in Python with torch.save(state_dict, path)",
    );
    const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
    await writer.add("a.npy", new Uint8ArrayReader(good));
    const other = await writer.close();
    await expect(openTorchCheckpoint(bytesSource(other, "x.pth"))).rejects.toThrow(
      "x.pth: expected a PyTorch checkpoint, got a zip archive with no data.pkl",
    );
    expect(await refused(good, { "../y/data.pkl": good }).catch(String)).toMatch(
      /several data\.pkl|Unsafe|filename/i,
    );
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(3),
      text.encode("version https://git-lfs"),
      new Uint8Array(100),
    ])
      await expect(openTorchCheckpoint(bytesSource(bytes, "x.pth"))).rejects.toThrow(
        "x.pth: expected a PyTorch checkpoint, got no zip archive",
      );
  });

  test("of PyTorch before 2.1, which says nothing of the order of bytes, is read", async () => {
    const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, level: 0 });
    await writer.add("archive/data.pkl", new Uint8ArrayReader(good));
    await writer.add(
      "archive/data/0",
      new Uint8ArrayReader(new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)),
    );
    await writer.add("archive/version", new Uint8ArrayReader(text.encode("3\n")));
    const file = await openTorchCheckpoint(bytesSource(await writer.close(), "x.pth"));
    expect([...(await file.read("a"))]).toEqual([1, 2, 3, 4]);
  });

  test("that is compressed, and so may hold more than its size, is refused", async () => {
    const zeros = new Uint8Array(4_000_000);
    const huge = pickle(dict([word("a"), tensor({ shape: [1_000_000], size: 1_000_000 })]));
    const source = watched(await archive(huge, { "data/0": zeros }, 9));
    await expect(openTorchCheckpoint(source)).rejects.toThrow(
      "is compressed, which PyTorch's archives are not",
    );
    expect(source.largest).toBeLessThan(2 ** 20);
  });

  test("cut short anywhere is refused", async () => {
    const bytes = fixture("torch-deit.pth");
    for (let cut = 0; cut < bytes.length; cut += 23) {
      const opening = openTorchCheckpoint(bytesSource(bytes.subarray(0, cut), "x.pth"));
      await expect(opening).rejects.toThrow(/^x\.pth: /);
      await expect(opening).rejects.toBeInstanceOf(RangeError);
    }
  });

  test("with a damaged byte of a tensor says so when the tensor is read", async () => {
    const bytes = await archive(good);
    const at = Buffer.from(bytes).indexOf(Buffer.from(Float32Array.of(1, 2, 3, 4).buffer));
    bytes[at + 5]! ^= 1;
    const file = await openTorchCheckpoint(bytesSource(bytes, "x.pth"));
    await expect(file.read("a")).rejects.toThrow(/^read: x\.pth: tensor "a": .*could not be unpacked/);
    expect((await file.read("a").catch((error: unknown) => error)) as Error).toBeInstanceOf(RangeError);
    const part = pickle(dict([word("a"), tensor({ shape: [2], offset: 2 })]));
    const other = await archive(part);
    other[Buffer.from(other).indexOf(Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)) + 5]! ^= 1;
    const parts = await openTorchCheckpoint(bytesSource(other, "x.pth"));
    for (let i = 0; i < 2; i++) await expect(parts.read("a")).rejects.toThrow(/could not be unpacked/);
  });

  test("with any byte changed is refused, or is another whole one, and nothing hangs", async () => {
    const bytes = fixture("torch-deit.pth");
    const whole = async (source: Uint8Array) => {
      const file = await openTorchCheckpoint(bytesSource(source, "x.pth"));
      try {
        for (const { name, shape } of file.tensors.values())
          expect((await file.read(name)).length).toBe(shape.reduce((size, side) => size * side, 1));
      } finally {
        await file.close();
      }
    };
    await whole(bytes);
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = bytes.slice();
        changed[at]! ^= flip;
        const error = await whole(changed).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error === undefined) return;
        refusals++;
        expect(error).toBeInstanceOf(RangeError);
        expect((error as Error).message).toContain("x.pth: ");
      }),
      { seed: 1, numRuns: 400 },
    );
    expect(refusals).toBeGreaterThan(100);
  });

  test("whose pickle has any byte changed, its checksum set right, is refused or read, and nothing hangs", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), async (at, byte) => {
        const changed = good.slice();
        changed[at] = byte;
        const error = await openTorchCheckpoint(bytesSource(await archive(changed), "x.pth")).then(
          async (file) => void (await Promise.all([...file.tensors.keys()].map((name) => file.read(name)))),
          (reason: unknown) => reason,
        );
        if (error !== undefined) expect(error).toBeInstanceOf(RangeError);
      }),
      { seed: 1, numRuns: 400 },
    );
    for (let cut = 0; cut < good.length; cut++)
      expect(await refused(good.subarray(0, cut))).toMatch(/the pickle ended after|expected a name of/);
  });
});
