// Run in a page: inputs that have no pixels, not yet or no more, and what `decodePicture` says of each.
import { decodePicture, type PictureInput } from "image-source/browser";

/** The errors by what the input is. */
export async function refusals(otherSite: string): Promise<Record<string, string>> {
  const errors: Record<string, string> = {};
  const inputs = await withoutPixels(otherSite);
  for (const [name, input] of Object.entries(inputs)) {
    errors[name] = await decodePicture(input).then(
      () => "decoded",
      (error: Error) => error.message,
    );
  }
  return errors;
}

async function withoutPixels(otherSite: string): Promise<Record<string, PictureInput>> {
  const canvas = new OffscreenCanvas(4, 4);
  canvas.getContext("2d");
  const bitmap = await createImageBitmap(canvas);
  const frame = new VideoFrame(bitmap, { timestamp: 0 });
  const foreign = new Image();
  foreign.src = `${otherSite}picture.png`;
  await foreign.decode();
  const tainted = Object.assign(document.createElement("canvas"), { width: 4, height: 4 });
  tainted.getContext("2d")!.drawImage(foreign, 0, 0);
  const broken = new Image();
  broken.src = "/nothing.png";
  const floats = new ImageData(2, 2);
  Object.defineProperty(floats, "data", { value: new Float32Array(16) }); // as of the pixel format rgba-float16
  frame.close();
  bitmap.close();
  return {
    "closed bitmap": bitmap,
    "closed frame": frame,
    "empty canvas": new OffscreenCanvas(0, 4),
    "image without source": new Image(),
    "image that does not load": broken,
    "image of another site": foreign,
    "canvas with another site's image": tainted,
    "video without a frame": document.createElement("video"),
    "float pixels": floats,
  };
}

/** What is said in a browser that changes what is read from a canvas. A fresh page's first call, for it looks only once. */
export async function inResistingBrowser(): Promise<string> {
  const { prototype } = OffscreenCanvasRenderingContext2D;
  const { getImageData } = prototype;
  prototype.getImageData = function (...area) {
    const image = getImageData.apply(this, area as [number, number, number, number]);
    image.data.fill(255); // as Firefox's resistFingerprinting
    return image;
  };
  const canvas = new OffscreenCanvas(4, 4);
  canvas.getContext("2d");
  return decodePicture(await canvas.convertToBlob(), { name: "a.png" }).then(
    () => "decoded",
    (error: Error) => error.message,
  );
}
