import type { Draws } from "sample-keys";
import type { Canvas } from "./canvas/canvas.ts";

/** Light, lens and film: exposure, tint, a vignette, contrast and grain; then bytes. */
export function finish({ size, data }: Canvas, draws: Draws, target: Uint8Array): void {
  const exposure = draws.between(0.85, 1.3);
  const warmth = draws.between(-0.1, 0.1);
  const tint = [exposure * (1 + warmth), exposure, exposure * (1 - warmth)] as const;
  const contrast = draws.between(0.8, 1.12);
  const vignette = draws.between(0, 0.4);
  const grain = draws.chance(0.2) ? draws.between(0.02, 0.06) : draws.between(0, 0.02);
  let state = Math.floor(draws.between(1, 2 ** 31));
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const [x, y] = [(column + 0.5) / size - 0.5, (row + 0.5) / size - 0.5];
      const falloff = 1 - vignette * 2 * (x * x + y * y);
      for (let c = 0 as 0 | 1 | 2; c < 3; c++) {
        const at = (row * size + column) * 3 + c;
        state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
        const noise = (((state >>> 8) & 0xffff) / 0x8000 - 1) * grain * 1.7; // uniform, of this standard deviation
        const value = (data[at]! * tint[c] * falloff - 0.5) * contrast + 0.5 + noise;
        target[at] = Math.round(255 * Math.min(1, Math.max(0, value)));
      }
    }
  }
}
