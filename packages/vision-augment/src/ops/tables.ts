import type { ByteImage } from "../pixels/byte-image.ts";

// Ops that look each byte up in a table, as PIL's ImageOps make it. All integer: equal to PIL's to the bit.

/** Stretches each channel so that its darkest byte becomes 0 and its lightest 255. */
export function autoContrast(image: ByteImage): ByteImage {
  return lookUpEach(image, (counts) => {
    const low = counts.findIndex((count) => count > 0);
    const high = counts.findLastIndex((count) => count > 0);
    if (high <= low) return identity;
    const scale = 255 / (high - low);
    const offset = -low * scale;
    return (value) => Math.min(255, Math.max(0, Math.trunc(value * scale + offset)));
  });
}

/** Flattens each channel's histogram. */
export function equalize(image: ByteImage): ByteImage {
  return lookUpEach(image, (counts) => {
    const last = counts[counts.findLastIndex((count) => count > 0)]!;
    const step = Math.floor((image.width * image.height - last) / 255);
    if (step === 0) return identity;
    const table = new Uint8ClampedArray(256);
    let seen = Math.floor(step / 2);
    for (let value = 0; value < 256; value++) {
      table[value] = Math.floor(seen / step);
      seen += counts[value]!;
    }
    return (value) => table[value]!;
  });
}

/** `255 − value`. */
export function invert(image: ByteImage): ByteImage {
  return lookUp(image, (value) => 255 - value);
}

/** Keeps the `bits` highest bits; 0 gives black. */
export function posterize(image: ByteImage, bits: number): ByteImage {
  const mask = ~(2 ** (8 - bits) - 1);
  return lookUp(image, (value) => value & mask);
}

/** Inverts values of `threshold` and more. */
export function solarize(image: ByteImage, threshold: number): ByteImage {
  return lookUp(image, (value) => (value < threshold ? value : 255 - value));
}

/** Adds `amount` to values below 128. */
export function solarizeAdd(image: ByteImage, amount: number): ByteImage {
  return lookUp(image, (value) => (value < 128 ? Math.min(255, value + amount) : value));
}

type Table = (value: number) => number;

function identity(value: number): number {
  return value;
}

function lookUp(image: ByteImage, table: Table): ByteImage {
  return lookUpEach(image, () => table);
}

/** Looks up each channel in a table made from its histogram. */
function lookUpEach(image: ByteImage, tableOf: (counts: Uint32Array) => Table): ByteImage {
  const { data, width, height } = image;
  const result = new Uint8Array(data.length);
  for (let channel = 0; channel < 3; channel++) {
    const counts = new Uint32Array(256);
    for (let i = channel; i < data.length; i += 3) counts[data[i]!]! += 1;
    const table = Uint8Array.from({ length: 256 }, (_, value) => value).map(tableOf(counts));
    for (let i = channel; i < data.length; i += 3) result[i] = table[data[i]!]!;
  }
  return { data: result, width, height };
}
