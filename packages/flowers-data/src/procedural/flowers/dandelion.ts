import { paintDisc, paintStroke } from "../canvas/canvas.ts";
import { hsv, mix, scale } from "../canvas/color.ts";
import { place } from "../canvas/frame.ts";
import { lit, petalColor, type Scene } from "./flower.ts";
import { paintPetal } from "./petal.ts";

const CLOCK_SHARE = 0.4;

/** A dense cushion of thin rays, or the ball of parachutes it turns into. */
export function paintDandelion(scene: Scene): void {
  if (scene.draws.chance(CLOCK_SHARE)) paintClock(scene);
  else paintRays(scene);
}

function paintRays(scene: Scene): void {
  const { canvas, draws, frame } = scene;
  const color = petalColor(draws, [
    [0.14, 0.92],
    [0.13, 0.95],
  ]);
  const deep = mix(scale(color, 0.8), [0.85, 0.45, 0.02], 0.25);
  const rings = [1, 0.86, 0.7, 0.54, 0.38, 0.24];
  rings.forEach((radius, ring) => {
    const rays = Math.round(14 + 26 * radius);
    for (let i = 0; i < rays; i++) {
      const angle = ((i + ring * 0.37) / rays) * 2 * Math.PI + draws.between(-0.1, 0.1);
      paintPetal(canvas, frame, {
        angle,
        from: radius * 0.1,
        length: radius * draws.between(0.74, 0.95),
        width: 0.062,
        outline: [0.35, 0.12],
        inner: deep,
        outer: scale(color, 1.04 - 0.05 * ring + (i % 2) * 0.08),
        ridges: 0,
        rim: 0.6,
        light: lit(scene, angle) * draws.between(0.85, 1.08),
      });
    }
  });
}

function paintClock(scene: Scene): void {
  const { canvas, draws, frame } = scene;
  const fluff = mix([1, 1, 1], hsv(draws.between(0, 1), 0.5, 1), draws.between(0, 0.3));
  const unit = frame.radius;
  paintDisc(canvas, { x: frame.x, y: frame.y, radius: unit * 0.85, blur: unit * 0.5 }, fluff, 0.22);
  const rays = 90;
  for (let i = 0; i < rays; i++) {
    // Points of a ball seen from outside: a ray is as long as it is turned towards the rim.
    const angle = i * 2.39996 + draws.between(-0.1, 0.1);
    const length = Math.sqrt((i + 0.5) / rays) * 0.93;
    const [x0, y0] = place(frame, 0.1 * Math.cos(angle), 0.1 * Math.sin(angle));
    const [x1, y1] = place(frame, length * Math.cos(angle), length * Math.sin(angle));
    const bright = scale(fluff, draws.between(0.85, 1.05));
    paintStroke(canvas, { x0, y0, x1, y1 }, [0.006 * unit, 0.012 * unit], bright, 0.5);
    for (let hair = -2; hair <= 2; hair++) {
      const turn = angle + hair * 0.5;
      const [x2, y2] = place(
        frame,
        length * Math.cos(angle) + 0.13 * Math.cos(turn),
        length * Math.sin(angle) + 0.13 * Math.sin(turn),
      );
      paintStroke(canvas, { x0: x1, y0: y1, x1: x2, y1: y2 }, [0.012 * unit, 0.008 * unit], bright, 0.75);
    }
  }
  paintDisc(
    canvas,
    { x: frame.x, y: frame.y, radius: unit * 0.13, blur: unit * 0.06 },
    hsv(0.09, 0.45, 0.5),
    0.9,
  );
}
