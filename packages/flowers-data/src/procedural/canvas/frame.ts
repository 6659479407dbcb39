import type { Box } from "./canvas.ts";

/**
 * Plane of a flower, seen at an angle: the flower has radius 1 and its center at (0, 0).
 * `x = x0 + a u + b v`, `y = y0 + c u + d v`.
 */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  /** Length of the plane's unit on the canvas, where it is not foreshortened. */
  readonly radius: number;
}

/** Options of a {@link Frame}. */
export interface Pose {
  /** Center on the canvas. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Turn of the flower in its own plane, radians. */
  readonly spin: number;
  /** Foreshortening, 1 is seen from straight above. */
  readonly tilt: number;
  /** Direction of the foreshortening, radians. */
  readonly lean: number;
}

/** The frame of a pose: turn by `spin`, squeeze by `tilt` along `lean`. */
export function frameOf({ x, y, radius, spin, tilt, lean }: Pose): Frame {
  const [cl, sl] = [Math.cos(lean), Math.sin(lean)];
  // Squeeze S = R(lean) diag(tilt, 1) R(−lean)
  const xx = tilt * cl * cl + sl * sl;
  const xy = (tilt - 1) * cl * sl;
  const yy = tilt * sl * sl + cl * cl;
  const [cs, ss] = [Math.cos(spin) * radius, Math.sin(spin) * radius];
  return {
    x,
    y,
    radius,
    a: xx * cs + xy * ss,
    b: -xx * ss + xy * cs,
    c: xy * cs + yy * ss,
    d: -xy * ss + yy * cs,
  };
}

/** From canvas to plane: `[u, v] = [m0 (x − x0) + m1 (y − y0), m2 (x − x0) + m3 (y − y0)]`. */
export function inverseOf({ a, b, c, d }: Frame): readonly [number, number, number, number] {
  const determinant = a * d - b * c;
  return [d / determinant, -b / determinant, -c / determinant, a / determinant];
}

/** From plane to canvas. */
export function place(frame: Frame, u: number, v: number): readonly [number, number] {
  return [frame.x + frame.a * u + frame.b * v, frame.y + frame.c * u + frame.d * v];
}

/** The box on the canvas of points in the plane. */
export function boxOf(frame: Frame, points: readonly (readonly [number, number])[]): Box {
  const placed = points.map(([u, v]) => place(frame, u, v));
  const xs = placed.map(([x]) => x);
  const ys = placed.map(([, y]) => y);
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}
