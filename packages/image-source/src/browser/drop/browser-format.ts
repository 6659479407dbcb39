import { type PictureFormat, pictureFormat } from "../../formats/picture-format.ts";
import type { Found } from "./found-file.ts";

/** Formats that every browser reads. */
const READ_BY_ALL: readonly string[] = ["JPEG", "PNG", "WebP", "GIF", "AVIF", "BMP"];
/** Formats that some do. */
const READ_BY_SOME: readonly string[] = ["HEIC", "TIFF", "JPEG XL", "JPEG 2000"];
/** Files of a format that are tried: the first ones may be damaged. */
const TRIED = 3;

/** Format of a picture by its name, as far as this browser reads it; of the doubtful formats some files are tried. */
export async function browserFormats(
  found: readonly Found[],
): Promise<(name: string) => PictureFormat | undefined> {
  const read = new Set(READ_BY_ALL);
  for (const name of READ_BY_SOME) {
    const files = found.filter(({ path, file }) => file && pictureFormat(path)?.name === name);
    for (const { file } of files.slice(0, TRIED)) {
      if (await isRead(file!)) read.add(name);
    }
  }
  return (path) => {
    const format = pictureFormat(path);
    if (format === undefined) return undefined;
    const { name } = format;
    return read.has(name)
      ? { name, isRead: true }
      : { name, isRead: false, advice: "save it as JPEG or PNG" };
  };
}

function isRead(file: File): Promise<boolean> {
  return createImageBitmap(file).then(
    (bitmap) => {
      bitmap.close();
      return true;
    },
    () => false,
  );
}
