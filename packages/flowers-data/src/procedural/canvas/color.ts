/** Red, green, blue in [0, 1]. */
export type Color = readonly [number, number, number];

/** From hue in turns, saturation and value in [0, 1]. */
export function hsv(hue: number, saturation: number, value: number): Color {
  const channel = (n: number): number => {
    const k = (((n + hue * 6) % 6) + 6) % 6;
    return value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

/** `a` at 0, `b` at 1. */
export function mix(a: Color, b: Color, t: number): Color {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

/** Brighter above 1, darker below. */
export function scale(color: Color, by: number): Color {
  return [color[0] * by, color[1] * by, color[2] * by];
}
