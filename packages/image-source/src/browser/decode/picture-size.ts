import { photoFormat } from "../../formats/photo-format.ts";

/** Width and height in pixels, as stored. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Size of a picture by its header, so that one of billions of pixels is not decoded to learn it; undefined for formats whose headers are
 * not read (AVIF, HEIC, …), and for a damaged one.
 */
export function pictureSize(bytes: Uint8Array): Size | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const format = photoFormat(bytes);
    if (format === "JPEG") return sizeOfJpeg(view);
    if (format === "PNG") return { width: view.getUint32(16), height: view.getUint32(20) };
    if (format === "GIF") return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
    if (format === "WebP") return sizeOfWebp(view);
    if (view.getUint16(0) === 0x424d && view.getUint32(14, true) >= 40)
      return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // it ends within its header
  }
  return undefined;
}

/** The size is in the frame's header, markers C0 to CF except these of tables and extensions. */
const NO_FRAME: readonly number[] = [0xc4, 0xc8, 0xcc];
const START_OF_SCAN = 0xda;

function sizeOfJpeg(view: DataView): Size | undefined {
  for (let at = 2; ; ) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff || marker === 0xff) {
      at += 1; // padding, and stray bytes, which decoders skip too
      continue;
    }
    if (marker === START_OF_SCAN) return undefined;
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAME.includes(marker))
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += 2 + view.getUint16(at + 2);
  }
}

function sizeOfWebp(view: DataView): Size {
  const kind = String.fromCharCode(...[12, 13, 14, 15].map((at) => view.getUint8(at)));
  if (kind === "VP8X") {
    const side = (at: number) => 1 + (view.getUint16(at, true) | (view.getUint8(at + 2) << 16));
    return { width: side(24), height: side(27) };
  }
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}
