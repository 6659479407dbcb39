import { useEffect, useRef } from "preact/hooks";
import type { Look } from "../../session/types.ts";
import type { Rgb } from "./color-scales.ts";

interface MapPictureProps {
  readonly image: Look["image"];
  readonly grid: Look["grid"];
  /** Color of each patch, row after row, and its opacity in [0, 1]; `undefined` while there are none. */
  readonly patches: readonly { readonly color: Rgb; readonly alpha: number }[] | undefined;
  readonly opacity: number;
  /** What can be seen, in words. */
  readonly description: string;
}

/** A picture as the models see it, with a map over it that has a square for each patch. */
export function MapPicture({ image, grid, patches, opacity, description }: MapPictureProps) {
  const picture = useRef<HTMLCanvasElement>(null);
  const map = useRef<HTMLCanvasElement>(null);
  const [rows, columns] = grid;
  useEffect(() => {
    const canvas = picture.current!;
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext("2d")!.putImageData(image, 0, 0);
  }, [image]);
  useEffect(() => {
    const canvas = map.current!;
    canvas.width = columns;
    canvas.height = rows;
    if (patches === undefined) return;
    const pixels = new ImageData(columns, rows);
    patches.forEach(({ color, alpha }, index) => {
      pixels.data.set([...color, Math.round(alpha * 255)], index * 4);
    });
    canvas.getContext("2d")!.putImageData(pixels, 0, 0);
  }, [patches, rows, columns]);
  return (
    <div class="map-picture" role="img" aria-label={description}>
      <canvas ref={picture} class={patches === undefined ? "seen" : "seen gray"} />
      <canvas ref={map} class="map" style={{ opacity }} />
      <div class="patch-grid" style={{ "--rows": rows, "--columns": columns }} />
    </div>
  );
}
