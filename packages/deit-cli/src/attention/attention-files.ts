import { readFile, realpath } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { type DecodeImageOptions, decodeImage } from "image-source/node";
import type { RgbImage } from "vision-augment";
import { requireOwnOutput } from "../files/own-output.ts";
import { writePng } from "../files/write-png.ts";
import type { OpenedModel } from "../models/open-model.ts";
import { BadPhoto } from "../photos/bad-photo.ts";
import { UsageError } from "../process/usage-error.ts";
import { drawAttention } from "./draw-attention.ts";

const MARK = "deit-cli attention";

/**
 * File of each photo's drawing: `target` itself if it ends with `.png`, else `<photo's name>.png` in that folder, numbered where
 * photos of several folders have the same name.
 *
 * @throws UsageError for one `.png` and several photos, or if a drawing would replace a photo or any other file that this program
 * has not drawn.
 */
export async function attentionTargets(files: readonly string[], target: string): Promise<string[]> {
  const targets = targetNames(files, target);
  const photos = new Set(await Promise.all(files.map((file) => realpath(file))));
  for (const path of targets) {
    const real = await realpath(path).catch(() => path);
    if (photos.has(real))
      throw new UsageError(
        `--attention: expected a file that is not a photo of the command line, got '${path}'`,
      );
    await requireOwnOutput("--attention", path, MARK);
  }
  return targets;
}

function targetNames(files: readonly string[], target: string): string[] {
  if (extname(target).toLowerCase() === ".png") {
    if (files.length === 1) return [target];
    throw new UsageError(`expected a folder for the pictures of ${files.length} photos, got '${target}'`);
  }
  const taken = new Set<string>();
  return files.map((file) => {
    const name = basename(file, extname(file));
    for (let count = 1; ; count++) {
      const numbered = count === 1 ? name : `${name}-${count}`;
      const key = numbered.normalize("NFC").toLowerCase(); // one file on macOS and Windows
      if (taken.has(key)) continue;
      taken.add(key);
      return join(target, `${numbered}.png`);
    }
  });
}

/**
 * Writes a photo and its attention rollout as one picture.
 *
 * @param options - `maxPixels`: see `decodeImage`.
 * @throws BadPhoto if it cannot be read or decoded.
 */
export async function writeAttention(
  opened: OpenedModel,
  file: string,
  target: string,
  { maxPixels }: { readonly maxPixels?: number | undefined } = {},
): Promise<void> {
  const { upright } = opened;
  const photo = await readPhoto(file, { upright, ...(maxPixels !== undefined && { maxPixels }) });
  await writePng(target, await drawAttention(opened, photo), MARK);
}

async function readPhoto(file: string, options: DecodeImageOptions): Promise<RgbImage> {
  try {
    return await decodeImage(await readFile(file), options);
  } catch (cause) {
    const reason = (cause as Error).message.replace("decodeImage: ", "");
    throw new BadPhoto(`${file}: ${reason}`, { cause });
  }
}
