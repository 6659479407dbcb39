const CORNERS = {
  square: [-1, -1, 1, -1, 1, 1, -1, 1],
  triangle: [0, -1.3, 1.25, 1, -1.25, 1],
  diamond: [0, -1.35, 1.35, 0, 0, 1.35, -1.35, 0],
} as const;
const SIZE = 3.6;

/** Shape of a mark. */
export type Shape = "circle" | keyof typeof CORNERS;

/** SVG of a mark in a color of the style sheet. */
export function mark(shape: Shape, style: string, [x, y]: readonly [number, number]): string {
  if (shape === "circle")
    return `<circle class="mark ${style}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4"/>`;
  const points = CORNERS[shape].map((side, i) => ((i % 2 === 0 ? x : y) + SIZE * side).toFixed(1));
  return `<polygon class="mark ${style}" points="${points.join(" ")}"/>`;
}
