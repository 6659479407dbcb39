import { defineConfig } from "vitepress";

const guides = [
  { text: "One layer", link: "/guide/one-layer" },
  { text: "A ViT of your own", link: "/guide/your-own-vit" },
  { text: "Teachers", link: "/guide/teachers" },
  { text: "Backends", link: "/guide/backends" },
];
const measured = [
  { text: "Results", link: "/results" },
  { text: "Parity", link: "/parity" },
  { text: "Backends", link: "/backends" },
  { text: "Benchmarks", link: "/benchmarks" },
  { text: "Reliability", link: "/reliability" },
];

export default defineConfig({
  title: "deit-tfjs",
  description: "Vision-transformer distillation in TypeScript, on TensorFlow.js",
  // The API comes from TypeDoc, after this; links to the rest of the repository lead out of the site.
  ignoreDeadLinks: [/^\/api\//, /\/(packages|fixtures|bench)\//],
  markdown: {
    // The pages are plain Markdown: `<name>` in a measured row is text, not an element of Vue.
    config(md) {
      md.renderer.rules.html_inline = (tokens, i) => {
        const { content } = tokens[i]!;
        return content.startsWith("<!--") ? content : md.utils.escapeHtml(content);
      };
    },
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
