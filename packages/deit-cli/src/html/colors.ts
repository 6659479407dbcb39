/** Colors by name in light and dark. Text colors have a contrast of 4.5 or more on `card` and on `page`. */
export const COLORS = {
  text: ["#1c2330", "#e7eaf0"],
  muted: ["#5b6472", "#9aa5b5"],
  line: ["#dde1e8", "#333b47"],
  page: ["#f6f6f4", "#13161b"],
  card: ["#ffffff", "#1b2027"],
  teacher: ["#84661a", "#dcb84f"],
  alone: ["#55606f", "#a9b6c8"],
  answers: ["#2f64a8", "#82b4f4"],
  distilled: ["#b52f5c", "#f27fa3"],
  right: ["#1f7a4a", "#5cc98f"],
  wrong: ["#b8431f", "#f08c66"],
} as const;

/** Names of the models' colors. */
export const MODELS = ["teacher", "alone", "answers", "distilled"] as const;

/** Custom properties of a color scheme: `--text: #1c2330; …`. */
export function colorsOf(scheme: "light" | "dark"): string {
  return Object.entries(COLORS)
    .map(([name, [light, dark]]) => `--${name}: ${scheme === "light" ? light : dark};`)
    .join(" ");
}

/** Rules that give each model its color. */
export const MODEL_COLORS = MODELS.map((name) => `.${name} { color: var(--${name}); }`).join(" ");
