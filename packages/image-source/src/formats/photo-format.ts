/** Formats that are read. */
export type PhotoFormat = "JPEG" | "PNG" | "WebP" | "GIF" | "AVIF" | "TIFF";

const text = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 64)));

/** The format of a file by its first bytes; undefined for what is not read, whatever a decoder would make of it. */
export function photoFormat(bytes: Uint8Array): PhotoFormat | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "JPEG";
  const start = text(bytes, 0, 12);
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return "PNG";
  if (start.startsWith("RIFF") && start.endsWith("WEBP")) return "WebP";
  if (/^GIF8[79]a/.test(start)) return "GIF";
  if (["II*\0", "II+\0", "MM\0*", "MM\0+"].includes(start.slice(0, 4))) return "TIFF";
  if (start.startsWith("ftyp", 4))
    return brandsOf(bytes).some((brand) => /^avi[fs]$/.test(brand)) ? "AVIF" : undefined;
  return undefined;
}

/** Likely format of a file that is not read, for messages. */
export function nameOfOther(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  const start = text(bytes, 0, 64);
  if (start.startsWith("BM")) return "a BMP";
  if (start.startsWith("ftyp", 4))
    return brandsOf(bytes).some((brand) => /^(he|mif)/.test(brand)) ? "a HEIC photo" : "a video";
  if (start.startsWith("\x1aE\xdf\xa3") || (start.startsWith("RIFF") && start.startsWith("AVI ", 8)))
    return "a video";
  if (/^\s*(<\?xml|<svg)/i.test(start)) return "an SVG drawing or XML";
  if (/^\s*<(!doctype|html)/i.test(start)) return "an HTML page";
  if (start.startsWith("version https://git-lfs"))
    return "a Git LFS pointer (the picture itself was not fetched)";
  if (start.startsWith("%PDF")) return "a PDF";
  if (start.startsWith("\xff\n") || start.startsWith("JXL ", 4)) return "a JPEG XL";
  if (start.startsWith("PK\x03\x04")) return "a ZIP archive";
  return isText(bytes) ? "a text" : "something else";
}

/** Whether the first bytes are UTF-8 without control characters, except tabs and line ends. */
function isText(bytes: Uint8Array): boolean {
  const start = bytes.slice(0, 256); // a copy: shared memory is not decoded
  if (start.some((byte) => byte === 0x7f || (byte < 0x20 && !TEXT_CONTROLS.includes(byte)))) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: true }); // may end within a character
    return true;
  } catch {
    return false;
  }
}

/** Tab, line feed, form feed, carriage return. */
const TEXT_CONTROLS: readonly number[] = [0x09, 0x0a, 0x0c, 0x0d];

/** Major and compatible brands in the first box of an ISO media file. */
function brandsOf(bytes: Uint8Array): string[] {
  const length = ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
  const brands = text(bytes, 8, Math.min(length, bytes.length));
  return Array.from({ length: brands.length >> 2 }, (_, i) => brands.slice(4 * i, 4 * i + 4));
}
