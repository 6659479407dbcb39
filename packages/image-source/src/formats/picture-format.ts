import { requireArguments, STRING } from "known-options";

/** Format of a picture, by its file's name. */
export interface PictureFormat {
  /** `JPEG`, `HEIC`, … */
  readonly name: string;
  /** Whether this package decodes it. */
  readonly isRead: boolean;
  /** What to do about one that is not read, for people. */
  readonly advice?: string;
}

/** Extensions of the formats that are read. */
const READ: Readonly<Record<string, readonly string[]>> = {
  JPEG: ["jpg", "jpeg", "jpe", "jfif"],
  PNG: ["png"],
  WebP: ["webp"],
  GIF: ["gif"],
  AVIF: ["avif"],
  TIFF: ["tif", "tiff"],
};

/** Extensions of other pictures. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  BMP: ["bmp", "dib"],
  HEIC: ["heic", "heif", "hif"],
  "JPEG XL": ["jxl"],
  "JPEG 2000": ["jp2", "j2k", "jpf", "jpx"],
  SVG: ["svg", "svgz"],
  Photoshop: ["psd", "psb"],
  icon: ["ico", "cur", "icns"],
  PNM: ["pnm", "ppm", "pgm", "pbm"],
  TGA: ["tga"],
  OpenEXR: ["exr"],
  "camera raw": ["dng", "cr2", "cr3", "crw", "nef", "nrw", "arw", "raf", "orf", "rw2", "pef", "srw"],
};

/** Formats of photos, whose files would be large without a loss. */
const LOSSY = ["HEIC", "camera raw"];

const FORMATS = new Map<string, PictureFormat>();
for (const [name, extensions] of Object.entries(READ))
  for (const extension of extensions) FORMATS.set(extension, { name, isRead: true });
for (const [name, extensions] of Object.entries(OTHERS)) {
  const target = LOSSY.includes(name) ? "jpg" : "png";
  for (const extension of extensions) {
    const advice = `convert it, for instance with 'magick mogrify -format ${target} *.${extension}'`;
    FORMATS.set(extension, { name, isRead: false, advice });
  }
}

/**
 * Format of a picture by the extension of its file's name. (What is decoded goes by content: see `decodeImage`.)
 *
 * @returns `undefined` for a name that is not a picture's.
 * @throws TypeError if `name` is not a string.
 *
 * @example
 * console.log(pictureFormat("a/1.JPG")?.name); // JPEG
 * console.log(pictureFormat("2.heic")?.advice); // convert it, for instance with 'magick mogrify -format jpg *.heic'
 */
export function pictureFormat(name: string): PictureFormat | undefined {
  requireArguments("pictureFormat", { name }, { name: STRING });
  return FORMATS.get(extensionOf(name));
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
}

/** @returns Whether a file's name is that of a picture that is read. */
export function isPicture(path: string): boolean {
  return FORMATS.get(extensionOf(path))?.isRead === true;
}

/** Extensions that are read, for messages. */
export const READ_EXTENSIONS = ".jpg, .jpeg, .png, .webp, .gif, .avif, .tif or .tiff";
