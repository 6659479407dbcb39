// The components of docs/guide/in-a-browser.md: one Worker trains for each that is shown, none is left, and a server renders them.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { transform } from "esbuild";
import { type InlineConfig, type Plugin, build as vite } from "vite";
import { expect, test } from "vitest";
import { guideFiles } from "./guide-blocks.ts";
import { choosePictures, type GuidePages } from "./guide-pages.ts";

const INDEX = `<!doctype html><input type="file" multiple /><main></main><script type="module" src="./main.jsx"></script>`;
const REACT = `
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Training } from "./Training.jsx";
const root = createRoot(document.querySelector("main"));
const show = (files) => root.render(<StrictMode><Training files={files} /></StrictMode>);
document.querySelector("input").onchange = ({ target }) => show([...target.files]);
window.hide = () => root.unmount();`;
const SVELTE = `
import { mount, unmount } from "svelte";
import Training from "./Training.svelte";
const target = document.querySelector("main");
let shown;
document.querySelector("input").onchange = ({ target: { files } }) =>
  (shown = mount(Training, { target, props: { files: [...files] } }));
window.hide = () => unmount(shown);`;

/** Counts the Workers, of which some end before a debugger sees them. */
const COUNTING = `globalThis.started = 0; Worker = class extends Worker {
  constructor(...args) { super(...args); started++; }
};`;

interface SvelteCompiler {
  compile(text: string, options: object): { js: { code: string } };
}

/** @param train - The Worker's program. */
export function frameworkTests(pages: () => GuidePages, train: string): void {
  const react = guideFiles("React");
  const svelte = guideFiles("Svelte");
  const base = { "index.html": INDEX, "train.js": train };

  test("is a component of React, in strict mode with effects that run twice", async () => {
    const folder = pages().project({ ...base, ...react, "main.jsx": REACT });
    const define = { "process.env.NODE_ENV": '"development"' };
    expect(await oneWorker(await built(folder, { define }))).toBe(2);
  });

  test("is a component of Svelte", async () => {
    const folder = pages().project({ ...base, ...svelte, "main.jsx": SVELTE });
    expect(await oneWorker(await built(folder, { plugins: [sveltePlugin(folder)] }))).toBe(1);
  });

  /** Shows a component until its ten epochs are over, and hides it. Returns how many Workers it started; one of them trains. */
  const oneWorker = (folder: string): Promise<number> =>
    pages().served({ folder }, async (page) => {
      await page.evaluate(COUNTING);
      await choosePictures(page);
      await page.getByText(/^(\d\.\d\d ?){10}$/).waitFor();
      const losses = (await page.locator("output").textContent())!.split(" ").map(Number);
      expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
      expect(page.workers()).toHaveLength(1);
      await page.evaluate("hide()");
      await expect.poll(() => page.workers().length).toBe(0);
      return page.evaluate<number>("started");
    });

  test("renders on a server without a Worker, by React and by Svelte", async () => {
    const folder = pages().project({});
    const { code } = await transform(react["Training.jsx"]!, { loader: "jsx", jsx: "automatic" });
    const { compile } = compilerOf(folder);
    const compiled = compile(svelte["Training.svelte"]!, { generate: "server", filename: "Training.svelte" });
    const files = {
      "react.js": `${code}\nexport { renderToString } from "react-dom/server"; export { createElement } from "react";`,
      "svelte.js": `${compiled.js.code}\nexport { render } from "svelte/server";`,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const inReact = await import(join(folder, "react.js"));
    const { Training, createElement } = inReact;
    expect(inReact.renderToString(createElement(Training, { files: [] }))).toBe("<output></output>");
    const inSvelte = await import(join(folder, "svelte.js"));
    expect(inSvelte.render(inSvelte.default, { props: { files: [] } }).body).toContain("<output></output>");
  });
}

/** Bundles a project and returns its folder to serve. */
async function built(folder: string, config: InlineConfig): Promise<string> {
  const settings = { root: folder, base: "./", configFile: false, logLevel: "silent" } as const;
  await vite({ ...config, ...settings, worker: { format: "es" } });
  return join(folder, "dist");
}

function sveltePlugin(folder: string): Plugin {
  const { compile } = compilerOf(folder);
  return {
    name: "svelte",
    transform: (text, id) =>
      id.endsWith(".svelte") ? compile(text, { generate: "client", filename: id }).js.code : undefined,
  };
}

function compilerOf(folder: string): SvelteCompiler {
  return createRequire(join(folder, "package.json"))("svelte/compiler") as SvelteCompiler;
}
