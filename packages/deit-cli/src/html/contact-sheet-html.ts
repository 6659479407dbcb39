import { pngUri } from "./data-uri.ts";
import { escapeHtml } from "./escape-html.ts";
import { page } from "./page.ts";

/** A class and some of its pictures. */
export interface SheetClass {
  readonly name: string;
  /** Number of all its pictures. */
  readonly count: number;
  readonly pictures: readonly { readonly key: string; readonly png: Uint8Array }[];
}

/** A contact sheet as one self-contained page; `generator` goes into its metadata. */
export function contactSheetHtml(classes: readonly SheetClass[], generator: string): string {
  const sections = classes.map(({ name, count, pictures }) => {
    const items = pictures.map(
      ({ key, png }) =>
        `<figure><img src="${pngUri(png)}" alt="${escapeHtml(name)}"><figcaption>${escapeHtml(key)}</figcaption></figure>`,
    );
    return `<h2>${escapeHtml(name)} <small>${count}</small></h2>\n<div class="gallery">${items.join("\n")}</div>`;
  });
  return page({ title: "Contact sheet", body: `<h1>Contact sheet</h1>\n${sections.join("\n")}`, generator });
}
