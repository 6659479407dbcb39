import { escapeHtml } from "../html/escape-html.ts";
import { percent } from "../terminal/format.ts";
import type { ShownMistake, ShownPicture } from "./evidence.ts";

/** Thumbnails of what a student gets wrong. */
export function mistakeGallery(mistakes: readonly ShownMistake[]): string {
  if (mistakes.length === 0) return "<p>None: it is right about every held-out picture.</p>";
  const items = mistakes.map(({ source, key, label, predicted, probability }) => {
    const alt = `${key}: ${label}, taken for ${predicted}`;
    return `<figure><img src="${source}" alt="${escapeHtml(alt)}" title="${escapeHtml(key)}"><figcaption>${escapeHtml(label)}, taken for <b>${escapeHtml(predicted)}</b> (${percent(probability)})</figcaption></figure>`;
  });
  return `<div class="gallery">${items.join("\n")}</div>`;
}

/** Held-out pictures beside what the class tokens look at, of which a distilled student has two. */
export function attentionGallery(pictures: readonly ShownPicture[], isDistilled: boolean): string {
  const second = isDistilled ? ", then where the distillation token looks" : "";
  const items = pictures.map(({ source, label }) => {
    const alt = `${label}: the picture, then lit where the class token looks${second}`;
    return `<figure class="wide"><img src="${source}" alt="${escapeHtml(alt)}"><figcaption>${escapeHtml(label)}</figcaption></figure>`;
  });
  return `<div class="gallery wide">${items.join("\n")}</div>`;
}
