import { type ViewPlan, viewSettingsText } from "../batches/view-plan.ts";
import { Sha256 } from "../hash/sha256.ts";
import type { LabeledPicture } from "./labeled-picture.ts";

/**
 * All that decides a view's pixels besides its key, as text. For pictures of one size it is the text of Node's `imageSource` over a store
 * of the same pixels.
 */
export function pictureSettings(pictures: readonly Pick<LabeledPicture, "image">[], plan: ViewPlan): string {
  const images = pictures.map(({ image }) => image);
  const { width, height } = images[0]!;
  const isOneSize = images.every((image) => image.width === width && image.height === height);
  const encoding = isOneSize ? { kind: "rgb", width, height } : { kind: "rgb" };
  const hash = new Sha256();
  const text = new TextEncoder();
  for (const image of images) {
    const size = isOneSize ? image.data.length : `${image.height}x${image.width}`;
    hash.update(text.encode(`${size} `));
  }
  for (const { data } of images) hash.update(data);
  return viewSettingsText(plan, { encoding, samples: hash.digest() });
}
