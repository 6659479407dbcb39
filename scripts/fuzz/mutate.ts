import type { Random } from "./random.ts";

type Mutation = (bytes: Buffer, random: Random, donor: Buffer) => Buffer;

/** Bytes of a file changed in one to four ways: the one mutator of all formats. @param donor - What is spliced in. */
export function mutate(bytes: Uint8Array, random: Random, donor: Uint8Array): Uint8Array {
  let changed = Buffer.from(bytes);
  const times = random.next() < 0.6 ? 1 : 1 + random.below(4);
  for (let i = 0; i < times; i++)
    changed = Buffer.from(random.pick(MUTATIONS)(changed, random, Buffer.from(donor)));
  return new Uint8Array(changed);
}

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  flipBit,
  setByte,
  setByte,
  setNumber,
  setNumber,
  setText,
  truncate,
  remove,
  duplicate,
  fill,
  splice,
  append,
];

function flipBit(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length);
  if (bytes.length > 0) bytes[at]! ^= 1 << random.below(8);
  return bytes;
}

function setByte(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length);
  if (bytes.length > 0) bytes[at] = random.pick([0, 1, 0x7f, 0x80, 0xff, 0x20, 0x22, random.below(256)]);
  return bytes;
}

/** A length, an offset or a count that lies: 1, 2, 4 or 8 bytes in either order. */
function setNumber(bytes: Buffer, random: Random): Buffer {
  const size = random.pick([1, 2, 4, 4, 8]);
  if (bytes.length < size) return bytes;
  const at = random.below(bytes.length - size + 1);
  const value = random.pick(numbersNear(bytes.length)) & ((1n << BigInt(8 * size)) - 1n);
  const isLittle = random.next() < 0.7;
  for (let i = 0; i < size; i++) {
    bytes[at + (isLittle ? i : size - 1 - i)] = Number((value >> BigInt(8 * i)) & 255n);
  }
  return bytes;
}

function numbersNear(length: number): readonly bigint[] {
  const small = [0, 1, 2, 3, length - 1, length, length + 1, 127, 128, 255, 256, 65_535, 65_536].map(BigInt);
  return [...small, -1n, ...[31n, 32n, 53n, 63n].flatMap((bits) => [(1n << bits) - 1n, 1n << bits])];
}

const WORDS = [
  ..."0 -1 1 2 1.5 1e400 -0 1e9 2147483648 4294967296 9007199254740993 NaN null true false".split(" "),
  ...'[] {} [[]] "" "x" undefined __proto__ constructor toString length ../x /etc/passwd'.split(" "),
  ..."\u0000 \u001b[31m é 💥 (4,) float64 int32 string F64 I64 BF16 U8".split(" "),
];

/** A number or a word that stands in the file as text becomes another. */
function setText(bytes: Buffer, random: Random): Buffer {
  const from = random.below(bytes.length);
  const found = /-?\d+(\.\d+)?|[A-Za-z_]\w{2,}|[[\]{}",:]/.exec(bytes.toString("latin1", from, from + 4096));
  if (found === null) return bytes;
  const at = from + found.index;
  const text = Buffer.from(random.pick(WORDS));
  return Buffer.concat([bytes.subarray(0, at), text, bytes.subarray(at + found[0].length)]);
}

function truncate(bytes: Buffer, random: Random): Buffer {
  return bytes.subarray(0, random.below(bytes.length + 1));
}

function range(bytes: Buffer, random: Random): [from: number, to: number] {
  const from = random.below(bytes.length + 1);
  const longest = random.pick([4, 32, 512, bytes.length]);
  return [from, Math.min(bytes.length, from + random.below(longest + 1))];
}

function remove(bytes: Buffer, random: Random): Buffer {
  const [from, to] = range(bytes, random);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
}

function duplicate(bytes: Buffer, random: Random): Buffer {
  const [from, to] = range(bytes, random);
  const piece = bytes.subarray(from, to);
  const copies = random.pick([1, 1, 2, 20]);
  return Buffer.concat([bytes.subarray(0, to), ...new Array<Buffer>(copies).fill(piece), bytes.subarray(to)]);
}

function fill(bytes: Buffer, random: Random): Buffer {
  const [from, to] = range(bytes, random);
  return bytes.fill(random.pick([0, 0xff, 0x20, 0x41]), from, to);
}

function splice(bytes: Buffer, random: Random, donor: Buffer): Buffer {
  const [from, to] = range(bytes, random);
  const [start, end] = range(donor, random);
  return Buffer.concat([bytes.subarray(0, from), donor.subarray(start, end), bytes.subarray(to)]);
}

function append(bytes: Buffer, random: Random, donor: Buffer): Buffer {
  const [from, to] = range(donor, random);
  return Buffer.concat([
    bytes,
    random.next() < 0.5 ? Buffer.alloc(random.below(64)) : donor.subarray(from, to),
  ]);
}
