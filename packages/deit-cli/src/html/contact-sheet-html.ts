import { pngUri } from "./data-uri.ts";
import { escapeHtml } from "./escape-html.ts";
import { PAGE_STYLE } from "./page-style.ts";

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
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="${escapeHtml(generator)}">
<title>Contact sheet</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>Contact sheet</h1>
${sections.join("\n")}
</main>
</body>
</html>
`;
}
