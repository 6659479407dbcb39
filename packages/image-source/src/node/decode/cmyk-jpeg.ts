const START_OF_IMAGE = 0xffd8;
const ADOBE = [0x41, 0x64, 0x6f, 0x62, 0x65];
/** Markers: a frame's header is one of C0 to CF, except for these of tables and extensions. */
const NO_FRAME: readonly number[] = [0xc4, 0xc8, 0xcc];
const [START_OF_SCAN, APP14] = [0xda, 0xee];

/** How a JPEG of four channels keeps them: as amounts of ink or, as Adobe's programs write them, inverted. */
export interface CmykJpeg {
  readonly inverted: boolean;
}

/** Reads the markers of a JPEG's header; `undefined` for anything that is not a JPEG of four channels. */
export function readCmykJpeg(bytes: Uint8Array): CmykJpeg | undefined {
  const word = (at: number) => (bytes[at]! << 8) | bytes[at + 1]!;
  if (word(0) !== START_OF_IMAGE) return undefined;
  let inverted = false;
  let channels = 0;
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff || bytes[at + 1] === 0xff) {
      at += 1; // padding, and stray bytes, which decoders skip too
      continue;
    }
    const marker = bytes[at + 1]!;
    if (marker === START_OF_SCAN) break;
    if (marker === APP14) inverted ||= ADOBE.every((code, i) => bytes[at + 4 + i] === code);
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAME.includes(marker)) channels = bytes[at + 9]!;
    at += 2 + word(at + 2);
  }
  return channels === 4 ? { inverted } : undefined;
}

/**
 * RGB as TensorFlow's `decode_jpeg` makes it: `⌊(255 − k) · (255 − c) / 255⌋` of amounts of ink. Where Adobe's marker is
 * missing it takes the file's values for the amounts; Pillow and sharp take them for inverted there too.
 *
 * @param ink - `[pixels, 4]` as sharp gives them: always as if the file had inverted them.
 * @returns `[pixels, 3]`.
 */
export function cmykToRgb(ink: Uint8Array, { inverted }: CmykJpeg): Uint8Array {
  const light = (value: number) => (inverted ? 255 - value : value);
  const rgb = new Uint8Array((ink.length / 4) * 3);
  for (let from = 0, to = 0; from < ink.length; from += 4) {
    const k = light(ink[from + 3]!);
    for (let c = 0; c < 3; c++) rgb[to++] = Math.floor((k * light(ink[from + c]!)) / 255);
  }
  return rgb;
}
