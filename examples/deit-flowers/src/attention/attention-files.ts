import { readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { decodeImage, type RgbImage } from "flowers-data";
import { writePng } from "../files/write-png.ts";
import type { OpenedModel } from "../models/open-model.ts";
import { BadPhoto } from "../photos/bad-photo.ts";
import { UsageError } from "../usage-error.ts";
import { drawAttention } from "./draw-attention.ts";

/**
 * Which picture is drawn for which photo: `target` itself where it is a `.png`, else `<photo's name>.png` in that folder.
 *
 * @throws UsageError if one `.png` is to hold several photos.
 */
export function attentionTargets(files: readonly string[], target: string): string[] {
  if (extname(target).toLowerCase() === ".png") {
    if (files.length === 1) return [target];
    throw new UsageError(`expected a folder for the pictures of ${files.length} photos, got '${target}'`);
  }
  const taken = new Map<string, number>();
  return files.map((file) => {
    const name = basename(file, extname(file));
    const before = taken.get(name) ?? 0; // photos of two folders may have one name
    taken.set(name, before + 1);
    return join(target, before === 0 ? `${name}.png` : `${name}-${before + 1}.png`);
  });
}

/**
 * Draws what the model looks at in a photo.
 *
 * @throws BadPhoto if it cannot be read or decoded.
 */
export async function writeAttention(opened: OpenedModel, file: string, target: string): Promise<void> {
  const photo = await readPhoto(file, opened.upright);
  await writePng(target, await drawAttention(opened, photo));
}

async function readPhoto(file: string, upright: boolean): Promise<RgbImage> {
  try {
    return await decodeImage(await readFile(file), { upright });
  } catch (cause) {
    const reason = (cause as Error).message.replace("decodeImage: ", "");
    throw new BadPhoto(`${file}: ${reason}`, { cause });
  }
}
