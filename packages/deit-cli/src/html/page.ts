import { escapeHtml } from "./escape-html.ts";
import { PAGE_STYLE } from "./page-style.ts";

/** Only what is in the page itself is shown; nothing is loaded and no script runs. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** A whole page around `body`, in HTML; `style` is added to that of all pages, `generator` to its metadata. */
export function page({
  title,
  body,
  style = "",
  generator,
}: {
  readonly title: string;
  readonly body: string;
  readonly style?: string;
  readonly generator?: string;
}): string {
  const made = generator === undefined ? "" : `\n<meta name="generator" content="${escapeHtml(generator)}">`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">${made}
<title>${escapeHtml(title)}</title>
<style>${style}${PAGE_STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}
