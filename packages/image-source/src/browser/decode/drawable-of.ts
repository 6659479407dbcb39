import type { InputKind, PictureInput } from "./picture-input.ts";

/** Something that a canvas draws, with its size in pixels. */
export interface Drawable {
  readonly source: CanvasImageSource;
  readonly width: number;
  readonly height: number;
  /** EXIF orientation that the source does not have yet. Default 1, none. */
  readonly orientation?: number;
  /** Frees what was made for it, never the caller's own. */
  close(): void;
}

/** How files are decoded: upright, colors as stored. */
export const AS_STORED: ImageBitmapOptions = {
  imageOrientation: "from-image",
  colorSpaceConversion: "none",
  premultiplyAlpha: "none",
};

/** @throws Error that says what is not there yet, or no more. */
export async function drawableOf(
  input: Exclude<PictureInput, Blob | ImageData>,
  kind: InputKind,
): Promise<Drawable> {
  if (kind === "HTMLImageElement") return imageOf(input as HTMLImageElement);
  const [width, height] = sizeOf(input, kind);
  if (width > 0 && height > 0) {
    return { source: input as CanvasImageSource, width, height, close() {} };
  }
  if (kind === "HTMLVideoElement") throw new Error("a video without a frame yet: wait for its 'loadeddata'");
  throw new Error(
    kind === "ImageBitmap" || kind === "VideoFrame" ? "one that is closed" : "one without pixels",
  );
}

function sizeOf(input: Exclude<PictureInput, Blob | ImageData>, kind: InputKind): [number, number] {
  if (kind === "HTMLVideoElement") {
    const { readyState, videoWidth, videoHeight } = input as HTMLVideoElement;
    return readyState < 2 ? [0, 0] : [videoWidth, videoHeight]; // HAVE_CURRENT_DATA
  }
  if (kind === "VideoFrame") {
    const { displayWidth, displayHeight } = input as VideoFrame;
    return [displayWidth, displayHeight];
  }
  const { width, height } = input as ImageBitmap | HTMLCanvasElement | OffscreenCanvas;
  return [width, height];
}

async function imageOf(image: HTMLImageElement): Promise<Drawable> {
  if (image.currentSrc === "" && image.src === "") throw new Error("an image element without a source");
  await image.decode().catch((cause) => {
    throw new Error("an image element whose picture does not load or decode", { cause });
  });
  const bitmap = await createImageBitmap(image, AS_STORED);
  return { source: bitmap, width: bitmap.width, height: bitmap.height, close: () => bitmap.close() };
}
