import { nameOfOther, photoFormat } from "../../formats/photo-format.ts";
import { AS_STORED, type Drawable } from "./drawable-of.ts";
import { pictureSize } from "./picture-size.ts";
import { plainWebp } from "./webp-orientation.ts";

/** Largest file that is read: a photo is far smaller. */
const MOST_BYTES = 256 * 2 ** 20;
/** First bytes, which tell a format. */
const HEAD = 512;
/** Formats that every browser reads. */
const READ_BY_ALL: readonly string[] = ["a JPEG", "a PNG", "a WebP", "a GIF", "a BMP"];
/** Formats that some browsers read; what is not known may be one of these too. */
const READ_BY_SOME: readonly string[] = ["an AVIF", "a TIFF", "a HEIC photo", "a JPEG XL", "something else"];

/**
 * Decodes a file.
 *
 * @param within - Called with the size as the header has it, before anything is decoded; throws if that is too much.
 * @throws Error that says what it is.
 */
export async function decodeBlob(
  blob: Blob,
  within: (width: number, height: number) => void,
): Promise<Drawable> {
  const what = nameOf(new Uint8Array(await blob.slice(0, HEAD).arrayBuffer()));
  if (![...READ_BY_ALL, ...READ_BY_SOME].includes(what)) throw new Error(refusal(what));
  if (blob.size > MOST_BYTES) throw new Error(`${blob.size} bytes, more than the limit of ${MOST_BYTES}`);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const size = pictureSize(bytes);
  if (size !== undefined) within(size.width, size.height);
  const webp = what === "a WebP" ? plainWebp(bytes) : undefined;
  const bitmap = await createImageBitmap(webp?.blob ?? blob, AS_STORED).catch((cause) => {
    throw new Error(refusal(what), { cause });
  });
  const { width, height } = bitmap;
  return { source: bitmap, width, height, orientation: webp?.orientation ?? 1, close: () => bitmap.close() };
}

/** `a JPEG`, `an empty file`, …, by content. */
function nameOf(head: Uint8Array): string {
  const format = photoFormat(head);
  if (format === undefined) return nameOfOther(head);
  return `${format === "AVIF" ? "an" : "a"} ${format}`;
}

function refusal(what: string): string {
  if (READ_BY_ALL.includes(what)) return what.replace(/^a /, "a damaged ");
  if (READ_BY_SOME.includes(what) && what !== "something else")
    return `${what}, which is damaged or which this browser does not read: save it as JPEG or PNG`;
  return `${what}, not a JPEG, PNG, WebP, GIF or another picture that this browser reads`;
}
