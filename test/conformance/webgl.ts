// WebGL is only in browsers: one page computes all cases, and the tests compare what it sends.
import { bundled, findChromium, resultOfPage } from "test-kit/browser";
import type { Case, Outcome } from "./case.ts";

/** What came of a case, its numbers as text. */
export type PagedOutcome =
  | { readonly value: string; readonly gradients: readonly string[] }
  | { readonly error: string };

/** What the page sends. */
export type PageOutcomes =
  | { readonly detail: string; readonly cases: Readonly<Record<string, PagedOutcome>> }
  | { readonly error: string };

let cases: Readonly<Record<string, PagedOutcome>> = {};

/** Has Chromium compute every case with WebGL on its software renderer (SwiftShader). */
export async function startWebGlPage(): Promise<string> {
  const chromium = findChromium();
  if (chromium === undefined) throw new Error("no chromium on the PATH (or set CHROMIUM)");
  const script = await bundled(new URL("webgl-page.ts", import.meta.url));
  const sent = (await resultOfPage(chromium, script, { gpu: "webgl" })) as PageOutcomes;
  if ("error" in sent) throw new Error(sent.error);
  cases = sent.cases;
  return sent.detail;
}

/** What the page computed. */
export async function computedByPage({ op }: Case): Promise<Outcome> {
  const outcome = cases[op];
  if (outcome === undefined) throw new Error(`the page has no case '${op}'`);
  if ("error" in outcome) throw new Error(outcome.error);
  return { value: read(outcome.value), gradients: outcome.gradients.map(read) };
}

function read(text: string): number[] {
  return text.split(" ").map(Number);
}
