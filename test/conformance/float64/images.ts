import { type Array64, at, build } from "./array.ts";

/** `tf.conv2d` of square strides: `[batch, h, w, in]` by `[fh, fw, in, out]`. */
export function convolved(x: Array64, filter: Array64, stride: number, pad: "same" | "valid"): Array64 {
  const [batch, height, width, inputs] = x.shape as [number, number, number, number];
  const [fh, fw, , outputs] = filter.shape as [number, number, number, number];
  const side = (length: number, window: number) =>
    pad === "same" ? Math.ceil(length / stride) : Math.ceil((length - window + 1) / stride);
  const before = (length: number, window: number) =>
    pad === "valid" ? 0 : Math.floor(Math.max(0, (side(length, window) - 1) * stride + window - length) / 2);
  const [top, left] = [before(height, fh), before(width, fw)];
  return build([batch, side(height, fh), side(width, fw), outputs], (b, row, column, out) => {
    let sum = 0;
    for (let i = 0; i < fh; i++) {
      for (let j = 0; j < fw; j++) {
        const [y, z] = [row! * stride + i - top, column! * stride + j - left];
        if (y < 0 || y >= height || z < 0 || z >= width) continue;
        for (let c = 0; c < inputs; c++) sum += at(x, b!, y, z, c) * at(filter, i, j, c, out!);
      }
    }
    return sum;
  });
}

/** `tf.maxPool` of square windows, `"valid"`. */
export function maxPooled(x: Array64, window: number, stride: number): Array64 {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const side = (length: number) => Math.floor((length - window) / stride) + 1;
  return build([batch, side(height), side(width), channels], (b, row, column, c) => {
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < window * window; i++) {
      const [y, z] = [row! * stride + Math.floor(i / window), column! * stride + (i % window)];
      largest = Math.max(largest, at(x, b!, y, z, c!));
    }
    return largest;
  });
}

/** `tf.image.resizeBilinear` with half-pixel centers. */
export function resized(x: Array64, rows: number, columns: number): Array64 {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const between = (place: number, from: number, to: number): [low: number, high: number, share: number] => {
    const exact = Math.min(from - 1, Math.max(0, ((place + 0.5) * from) / to - 0.5));
    return [Math.floor(exact), Math.ceil(exact), exact - Math.floor(exact)];
  };
  return build([batch, rows, columns, channels], (b, row, column, c) => {
    const [top, bottom, down] = between(row!, height, rows);
    const [left, right, along] = between(column!, width, columns);
    const line = (y: number) => at(x, b!, y, left, c!) * (1 - along) + at(x, b!, y, right, c!) * along;
    return line(top) * (1 - down) + line(bottom) * down;
  });
}
