import { mix, scale } from "../canvas/color.ts";
import { petalColor, type Scene } from "./flower.ts";
import { paintPetal } from "./petal.ts";
import { paintSpiral } from "./spiral.ts";

/** Rings of broad, overlapping petals that close to a spiral in the middle. */
export function paintRose(scene: Scene): void {
  const { canvas, draws, frame, light, pose } = scene;
  const color = petalColor(draws, [
    [0.98, 0.85],
    [0.93, 0.45],
    [0.08, 0.3],
    [0.12, 0.1],
  ]);
  const deep = scale(mix(color, [0.45, 0.05, 0.1], 0.3), 0.6);
  const rings = [1, 0.84, 0.69, 0.55, 0.42];
  rings.forEach((radius, ring) => {
    const petals = ring < 2 ? 7 : 5;
    const turn = draws.between(0, 2 * Math.PI);
    for (let i = 0; i < petals; i++) {
      const angle = turn + (i / petals) * 2 * Math.PI + draws.between(-0.12, 0.12);
      const shape = {
        angle,
        base: [-0.12 * Math.cos(angle), -0.12 * Math.sin(angle)] as const,
        length: radius * draws.between(0.98, 1.08) + 0.12,
        width: radius * (ring < 2 ? 0.56 : 0.66),
        outline: [0.8, 0.3] as const,
        bend: draws.between(-0.1, 0.1),
      };
      const shadow = {
        inner: [0.05, 0.02, 0.02],
        outer: scale(deep, 0.7),
        opacity: 0.22,
        ridges: 0,
      } as const;
      paintPetal(canvas, frame, {
        ...shape,
        ...shadow,
        length: shape.length * 1.05,
        width: shape.width * 1.08,
      });
      const facing = 1 + 0.2 * Math.cos(angle + pose.spin - light);
      paintPetal(canvas, frame, {
        ...shape,
        inner: deep,
        outer: mix(color, [1, 1, 1], 0.12),
        ridges: 0.02,
        rim: 1.08,
        light: facing * (1 - 0.05 * ring) * draws.between(0.92, 1.04),
      });
    }
  });
  paintSpiral(scene, { radius: 0.34, deep, color });
}
