/** A WebP whose EXIF orientation is out of the browser's sight. */
export interface PlainWebp {
  readonly blob: Blob;
  /** 2…8, see {@link turned}. */
  readonly orientation: number;
}

/** Tag of the orientation in EXIF. */
const ORIENTATION = 0x0112;
/** Bytes before the first chunk, `RIFF`, a size, `WEBP`, and those of a chunk's own header. */
const [RIFF_HEADER, CHUNK_HEADER] = [12, 8];

/**
 * Takes the EXIF orientation out of a WebP, so that the picture can be turned here: Chromium does not turn a WebP, and another browser
 * might.
 *
 * @returns `undefined` where there is nothing to turn.
 */
export function plainWebp(bytes: Uint8Array<ArrayBuffer>): PlainWebp | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length));
  for (let at = RIFF_HEADER; at + CHUNK_HEADER <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    if (text(at, 4) === "EXIF") {
      const start = at + CHUNK_HEADER + (text(at + CHUNK_HEADER, 4) === "Exif" ? 6 : 0);
      const orientation = orientationAt(view, start);
      if (orientation === undefined) return undefined;
      const copy = bytes.slice();
      copy.fill(0x20, at, at + 4); // a chunk without a name is skipped
      return { blob: new Blob([copy]), orientation };
    }
    at += CHUNK_HEADER + size + (size % 2);
  }
  return undefined;
}

/** The orientation of the EXIF data at a place of a file, if it is one of 2…8. */
function orientationAt(view: DataView, start: number): number | undefined {
  try {
    const isLittle = view.getUint16(start) === 0x4949;
    const entries = start + view.getUint32(start + 4, isLittle);
    for (let i = 0; i < view.getUint16(entries, isLittle); i++) {
      const entry = entries + 2 + 12 * i;
      if (view.getUint16(entry, isLittle) !== ORIENTATION) continue;
      const value = view.getUint16(entry + 8, isLittle);
      return value >= 2 && value <= 8 ? value : undefined;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // it ends within: damaged, and as good as none
  }
  return undefined;
}
