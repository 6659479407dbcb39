import { escapeHtml } from "../html/escape-html.ts";
import { percent } from "../terminal/format.ts";
import type { ShownMistake, ShownPicture } from "./evidence.ts";

/** Thumbnails of a student's mistakes. */
export function mistakeGallery(mistakes: readonly ShownMistake[]): string {
  if (mistakes.length === 0) return "<p>None: every held-out picture is classified right.</p>";
  const items = mistakes.map(({ source, key, label, predicted, probability }) => {
    const alt = `${key}: ${label}, predicted as ${predicted}`;
    return `<figure><img src="${source}" alt="${escapeHtml(alt)}" title="${escapeHtml(key)}"><figcaption>${escapeHtml(label)}, predicted as <b>${escapeHtml(predicted)}</b> (${percent(probability)})</figcaption></figure>`;
  });
  return `<div class="gallery">${items.join("\n")}</div>`;
}

/** Held-out pictures with the attention of the class tokens; a distilled student has two. */
export function attentionGallery(pictures: readonly ShownPicture[], isDistilled: boolean): string {
  const second = isDistilled ? ", then the distillation token's" : "";
  const items = pictures.map(({ source, label }) => {
    const alt = `${label}: the picture, then the class token's attention over it${second}`;
    return `<figure class="wide"><img src="${source}" alt="${escapeHtml(alt)}"><figcaption>${escapeHtml(label)}</figcaption></figure>`;
  });
  return `<div class="gallery wide">${items.join("\n")}</div>`;
}
