import type { RgbImage } from "vision-augment";

type Drawn = RgbImage & { readonly data: Uint8Array };
const WHITE = 255;

/** Pictures in a row, their upper edges aligned, on white. @param gap - Pixels between two. */
export function inRow(images: readonly RgbImage[], gap = 0): Drawn {
  const left = starts(images, ({ width }) => width, gap);
  return arranged(images, (i) => [left[i]!, 0]);
}

/** Pictures below each other, their left edges aligned, on white. @param gap - Pixels between two. */
export function inColumn(images: readonly RgbImage[], gap = 0): Drawn {
  const top = starts(images, ({ height }) => height, gap);
  return arranged(images, (i) => [0, top[i]!]);
}

function starts(images: readonly RgbImage[], sideOf: (image: RgbImage) => number, gap: number): number[] {
  let next = 0;
  return images.map((image) => {
    const start = next;
    next += sideOf(image) + gap;
    return start;
  });
}

function arranged(images: readonly RgbImage[], placeOf: (i: number) => readonly [number, number]): Drawn {
  const ends = images.map((image, i) => [placeOf(i)[0] + image.width, placeOf(i)[1] + image.height] as const);
  const [width, height] = [Math.max(...ends.map(([x]) => x)), Math.max(...ends.map(([, y]) => y))];
  const data = new Uint8Array(width * height * 3).fill(WHITE);
  for (const [i, image] of images.entries()) {
    const [left, top] = placeOf(i);
    for (let y = 0; y < image.height; y++) {
      const row = image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3);
      data.set(row, ((top + y) * width + left) * 3);
    }
  }
  return { data, width, height };
}
