import type { ByteImage } from "vision-augment";

/**
 * A picture as its EXIF orientation says: 2 mirrored, 3 by half a turn, 4 upside down, 5 rows and columns swapped, 6 by a quarter
 * clockwise, 7 swapped over the other diagonal, 8 by a quarter counter-clockwise; 1 as it is.
 */
export function turned(image: ByteImage, orientation: number): ByteImage {
  if (orientation === 1) return image;
  const { data, width, height } = image;
  const isSwapped = orientation >= 5;
  const [columns, rows] = isSwapped ? [height, width] : [width, height];
  // In which directions the stored rows and columns are walked.
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  const result = new Uint8Array(data.length);
  let to = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, to += 3) {
      const [y, x] = isSwapped ? [column, row] : [row, column];
      const from = 3 * ((fromBottom ? height - 1 - y : y) * width + (fromRight ? width - 1 - x : x));
      result[to] = data[from]!;
      result[to + 1] = data[from + 1]!;
      result[to + 2] = data[from + 2]!;
    }
  }
  return { data: result, width: columns, height: rows };
}
