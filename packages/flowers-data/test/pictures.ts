import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { onTestFinished } from "vitest";

/** A JPEG of one colour, or with another pixel format. */
export async function jpeg(grey: number, as: "rgb" | "grey" | "cmyk" = "rgb", size = 12): Promise<Buffer> {
  const background = { r: grey, g: 255 - grey, b: 30 };
  const image = sharp({ create: { width: size, height: size, channels: 3, background } });
  if (as === "grey") return image.greyscale().jpeg().toBuffer();
  if (as === "cmyk") return image.toColourspace("cmyk").jpeg().toBuffer();
  return image.jpeg({ quality: 100 }).toBuffer();
}

/**
 * Writes files (`"a/1.jpg": bytes`; a name that ends in `/` is an empty folder) below a new temporary folder, which is
 * removed when the test is over.
 */
export async function folderOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "flowers-data-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [name, data] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(name.endsWith("/") ? path : dirname(path), { recursive: true });
    if (!name.endsWith("/")) await writeFile(path, data);
  }
  return root;
}

/** Two classes of two pictures. */
export async function smallSet(): Promise<Record<string, Uint8Array>> {
  const [one, two] = [await jpeg(20), await jpeg(200)];
  return { "photos/b/1.jpg": one, "photos/b/2.jpg": two, "photos/a/1.jpg": two, "photos/a/2.jpg": one };
}
