import { escapeHtml } from "../../html/escape-html.ts";
import type { ShownAttention, ShownMap, ShownMistake } from "../evidence.ts";
import { modelMark, shortName } from "./models.ts";

/** Thumbnails of a student's mistakes, with what each model says of the picture. */
export function mistakeGallery(mistakes: readonly ShownMistake[]): string {
  if (mistakes.length === 0) return "<p>None: every held-out picture is classified right.</p>";
  const items = mistakes.map(({ source, key, label, answers }) => {
    const rows = answers.map(({ name, predicted, probability }) => {
      const isRight = predicted === label;
      const said = `<span class="${isRight ? "yes" : "no"}">${isRight ? "✓" : "✗"}<span class="unseen">${isRight ? "right" : "wrong"}</span></span> ${escapeHtml(predicted)}`;
      return `<tr><th scope="row">${modelMark(name)}${escapeHtml(shortName(name))}</th><td>${said}</td><td>${Math.round(100 * probability)}%</td></tr>`;
    });
    return `<li><img src="${source}" alt="${escapeHtml(key)}" title="${escapeHtml(key)}" width="96" height="96">
<div><h3>${escapeHtml(label)}</h3><table class="said"><tbody>${rows.join("")}</tbody></table></div></li>`;
  });
  return `<ul class="mistakes">${items.join("\n")}</ul>`;
}

/** Held-out pictures, each with the class token's attention, and a second token's difference where there is one. */
export function attentionGallery(pictures: readonly ShownAttention[]): string {
  const items = pictures.map(({ source, label, shares, difference }) => {
    const name = escapeHtml(label);
    const maps = [
      heatImage(shares, `attention of the class token over the ${name}`),
      ...(difference ? [heatImage(difference, `difference of the distillation token over the ${name}`)] : []),
    ];
    return `<li class="maps"><span>${image(source, name)}<b>${name}</b></span>${maps.join("")}</li>`;
  });
  return `<ul class="attention">${items.join("\n")}</ul>`;
}

function heatImage({ source, ends: [low, high] }: ShownMap, alt: string): string {
  return `<span>${image(source, `${alt}, from ${low} to ${high}`)}<small>${low.slice(0, -1)} to ${high}</small></span>`;
}

function image(source: string, alt: string): string {
  return `<img src="${source}" alt="${alt}" width="192" height="192">`;
}
