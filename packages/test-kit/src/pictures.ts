import sharp from "sharp";

/** A JPEG of one color, or with another pixel format. */
export async function jpeg(gray: number, as: "rgb" | "gray" | "cmyk" = "rgb", size = 12): Promise<Buffer> {
  const background = { r: gray, g: 255 - gray, b: 30 };
  const image = sharp({ create: { width: size, height: size, channels: 3, background } });
  if (as === "gray") return image.grayscale().jpeg().toBuffer();
  if (as === "cmyk") return image.toColorspace("cmyk").jpeg().toBuffer();
  return image.jpeg({ quality: 100 }).toBuffer();
}

/** Two classes of two pictures. */
export async function smallSet(): Promise<Record<string, Uint8Array>> {
  const [one, two] = [await jpeg(20), await jpeg(200)];
  return { "photos/b/1.jpg": one, "photos/b/2.jpg": two, "photos/a/1.jpg": two, "photos/a/2.jpg": one };
}
