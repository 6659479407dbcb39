// Draws docs/procedural-flowers.png, one row a class:
//   node --import tsx --conditions=@deit/source packages/flowers-data/scripts/contact-sheet.ts
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { drawFlower } from "../src/index.ts";

const [ROWS, COLUMNS, SIZE, GAP] = [5, 10, 112, 6];
const side = (cells: number): number => cells * (SIZE + GAP) + GAP;
const cells = Array.from({ length: ROWS * COLUMNS }, (_, cell) => {
  const [row, column] = [Math.floor(cell / COLUMNS), cell % COLUMNS];
  const image = drawFlower({ seed: 42, index: column * ROWS + row, size: SIZE });
  const raw = { width: SIZE, height: SIZE, channels: 3 as const };
  return { input: Buffer.from(image.data.buffer as ArrayBuffer), raw, left: side(column), top: side(row) };
});
const sheet = { width: side(COLUMNS), height: side(ROWS), channels: 3 as const, background: "#ffffff" };
const target = fileURLToPath(new URL("../../../docs/procedural-flowers.png", import.meta.url));
await sharp({ create: sheet })
  .composite(cells)
  .png({ compressionLevel: 9, palette: true, quality: 95, dither: 0.6 })
  .toFile(target);
