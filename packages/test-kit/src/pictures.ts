import sharp from "sharp";

/** A JPEG of one colour, or with another pixel format. */
export async function jpeg(grey: number, as: "rgb" | "grey" | "cmyk" = "rgb", size = 12): Promise<Buffer> {
  const background = { r: grey, g: 255 - grey, b: 30 };
  const image = sharp({ create: { width: size, height: size, channels: 3, background } });
  if (as === "grey") return image.greyscale().jpeg().toBuffer();
  if (as === "cmyk") return image.toColourspace("cmyk").jpeg().toBuffer();
  return image.jpeg({ quality: 100 }).toBuffer();
}

/** Two classes of two pictures. */
export async function smallSet(): Promise<Record<string, Uint8Array>> {
  const [one, two] = [await jpeg(20), await jpeg(200)];
  return { "photos/b/1.jpg": one, "photos/b/2.jpg": two, "photos/a/1.jpg": two, "photos/a/2.jpg": one };
}
