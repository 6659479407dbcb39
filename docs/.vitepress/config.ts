import { defineConfig, type MarkdownRenderer } from "vitepress";
import { siteLink } from "../../scripts/site-links.ts";

const guides = [
  { text: "One layer", link: "/guide/one-layer" },
  { text: "A ViT of your own", link: "/guide/your-own-vit" },
  { text: "From start to finish", link: "/guide/start-to-finish" },
  { text: "Teachers", link: "/guide/teachers" },
  { text: "Backends", link: "/guide/backends" },
  { text: "In a browser", link: "/guide/in-a-browser" },
  { text: "Deployment", link: "/guide/deployment" },
  { text: "Questions", link: "/guide/questions" },
  { text: "Glossary", link: "/guide/glossary" },
];
const measured = [
  { text: "Results", link: "/results" },
  { text: "Parity", link: "/parity" },
  { text: "Backends", link: "/backends" },
  { text: "Benchmarks", link: "/benchmarks" },
  { text: "Scaling", link: "/scaling" },
  { text: "Reliability", link: "/reliability" },
];

export default defineConfig({
  title: "deit-tfjs",
  description: "Vision-transformer distillation in TypeScript, on TensorFlow.js",
  // The API comes from TypeDoc, after this; `scripts/docs.ts` then checks all links.
  ignoreDeadLinks: [/^\/api\//],
  markdown: {
    // The pages are plain Markdown: `<name>` in a measured row is text, not an element of Vue.
    config(md) {
      md.renderer.rules.html_inline = (tokens, i) => {
        const { content } = tokens[i]!;
        return content.startsWith("<!--") ? content : md.utils.escapeHtml(content);
      };
      linkAsOnSite(md);
    },
  },
  transformPageData(page) {
    if (!measured.some(({ link }) => `/${page.relativePath}` === `${link}.md`)) return;
    Object.assign(page.frontmatter, { pageClass: "measured", aside: false });
  },
  themeConfig: {
    nav: [
      { text: "Guides", items: guides },
      { text: "Measured", items: measured },
      { text: "API", link: "/api/index.html", target: "_self" },
    ],
    sidebar: [
      { text: "Guides", items: guides },
      { text: "Measured", items: measured },
      { text: "More", items: [{ text: "Decisions", link: "/adr/README" }] },
    ],
    search: { provider: "local" },
  },
});

/** Links to files outside `docs` lead to the API's pages or the repository; without an address for it they are plain text. */
function linkAsOnSite(md: MarkdownRenderer): void {
  md.core.ruler.push("site-links", ({ tokens, env }) => {
    for (const { children } of tokens) {
      let isText = false;
      for (const token of children ?? []) {
        if (token.type === "link_open") {
          const href = token.attrGet("href")!;
          const link = siteLink(`docs/${env.relativePath}`, href);
          isText = link === undefined;
          if (link?.startsWith("/api/")) {
            token.attrSet("href", link);
            token.attrSet("target", "_self"); // not a page of VitePress
          } else if (/^https?:/.test(link ?? "")) token.attrSet("href", link!);
        }
        if (isText && /^link_/.test(token.type)) {
          isText = token.type === "link_open";
          Object.assign(token, { type: "text", tag: "", content: "", nesting: 0 });
        }
      }
    }
  });
}
