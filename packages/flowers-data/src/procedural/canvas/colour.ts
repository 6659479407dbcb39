/** Red, green, blue in [0, 1]. */
export type Colour = readonly [number, number, number];

/** From hue in turns, saturation and value in [0, 1]. */
export function hsv(hue: number, saturation: number, value: number): Colour {
  const channel = (n: number): number => {
    const k = (((n + hue * 6) % 6) + 6) % 6;
    return value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
  };
  return [channel(5), channel(3), channel(1)];
}

/** `a` at 0, `b` at 1. */
export function mix(a: Colour, b: Colour, t: number): Colour {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

/** Brighter above 1, darker below. */
export function scale(colour: Colour, by: number): Colour {
  return [colour[0] * by, colour[1] * by, colour[2] * by];
}
