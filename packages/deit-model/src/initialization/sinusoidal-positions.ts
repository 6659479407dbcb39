/** Longest wavelength over the shortest. */
const TEMPERATURE = 10_000;

/**
 * Computes fixed positions of a grid of patches: sine and cosine of the column, then of the row, in `dim / 4` wavelengths from `2π` to
 * `10000 · 2π` patches. Rows of class tokens are 0.
 *
 * @param dim - A multiple of 4, at least 8.
 * @param prefix - Number of class tokens, which come first.
 * @returns `[prefix + height · width, dim]`, row-major.
 * @see Beyer, Zhai and Kolesnikov 2022, https://arxiv.org/abs/2205.01580 (`posemb_sincos_2d`)
 */
export function sinusoidalPositions(
  [height, width]: readonly [height: number, width: number],
  dim: number,
  prefix: number,
): Float32Array {
  const waves = dim / 4;
  const positions = new Float32Array((prefix + height * width) * dim);
  for (let patch = 0; patch < height * width; patch++) {
    const at = (prefix + patch) * dim;
    const [row, column] = [Math.floor(patch / width), patch % width];
    for (let wave = 0; wave < waves; wave++) {
      const frequency = TEMPERATURE ** (-wave / (waves - 1));
      for (const [i, place] of [column, row].entries()) {
        positions[at + 2 * i * waves + wave] = Math.sin(place * frequency);
        positions[at + (2 * i + 1) * waves + wave] = Math.cos(place * frequency);
      }
    }
  }
  return positions;
}
