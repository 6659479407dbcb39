// Run in a page and in a Worker: decodes files by way of every kind of input that there is.
import { type DecodePictureOptions, decodePicture, type PictureInput } from "image-source/browser";
import { fromBase64, type Sent, sent } from "./sent.ts";

/** Inputs that a file can be made into. */
export type Way =
  | "File"
  | "Blob"
  | "ImageData"
  | "ImageBitmap"
  | "HTMLImageElement"
  | "HTMLCanvasElement"
  | "OffscreenCanvas"
  | "VideoFrame";

/** A file to decode. */
export interface DecodeTask {
  readonly way: Way;
  readonly base64: string;
  readonly name: string;
  readonly options?: DecodePictureOptions;
}

export async function decode({ way, base64, name, options = {} }: DecodeTask): Promise<Sent> {
  return sent(inputOf(way, fromBase64(base64), name).then((input) => decodePicture(input, options)));
}

async function inputOf(way: Way, bytes: Uint8Array<ArrayBuffer>, name: string): Promise<PictureInput> {
  if (way === "File") return new File([bytes], name);
  if (way === "Blob") return new Blob([bytes], { type: "text/plain" }); // the type is not asked
  if (way === "HTMLImageElement") {
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([bytes]));
    return image;
  }
  const bitmap = await createImageBitmap(new Blob([bytes]));
  if (way === "ImageBitmap") return bitmap;
  if (way === "VideoFrame") return new VideoFrame(bitmap, { timestamp: 0 });
  const { width, height } = bitmap;
  const canvas =
    way === "HTMLCanvasElement"
      ? Object.assign(document.createElement("canvas"), { width, height })
      : new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0);
  return way === "ImageData" ? context.getImageData(0, 0, width, height) : canvas;
}
