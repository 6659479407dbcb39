import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { chromiumFlags, type Gpu } from "./chromium.ts";
import { servePages } from "./serve.ts";

/** Options of {@link resultOfPage}. */
export interface PageOptions {
  /** Whether the page is cross-origin isolated, which shared memory needs. Default `false`. */
  readonly isolated?: boolean;
  /** GPU of the page. Default `none`. */
  readonly gpu?: Gpu;
  /** A folder whose files are served too, by their paths in it. */
  readonly folder?: string;
  /** Whether the script is an ES module. Default `true`. */
  readonly module?: boolean;
  /** Query of the page's address, `?…`. Default none. */
  readonly query?: string;
}

/**
 * Opens a page with one script in Chromium, served from this machine with tfjs' WASM files, and waits for what the
 * script posts to `/result`.
 */
export async function resultOfPage(
  chromium: string,
  script: string,
  options: PageOptions = {},
): Promise<unknown> {
  const { gpu = "none", query = "", module = true, folder, isolated = false } = options;
  const type = module ? 'type="module"' : "defer";
  const page = `<!doctype html><script ${type} src="/page.js"></script>`;
  const posted = withResolvers();
  const server = await servePages({
    files: { "/": page, "/page.js": script },
    isolated,
    ...(folder !== undefined && { folder }),
    onRequest(request, response) {
      if (request.method !== "POST" || request.url !== "/result") return false;
      text(request).then((body) => posted.resolve(JSON.parse(body)), posted.reject);
      response.writeHead(200).end();
      return true;
    },
  });
  const profile = mkdtempSync(join(tmpdir(), "deit-browser-"));
  const flags = [...chromiumFlags(gpu), `--user-data-dir=${profile}`];
  // A group of its own, so that its helpers end with it.
  const browser = spawn(chromium, [...flags, `${server.url}${query}`], {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  try {
    const said: string[] = [];
    browser.stderr.on("data", (chunk) => said.push(String(chunk)));
    browser.on("error", posted.reject);
    browser.on("exit", (code) => {
      const all = said.join("");
      posted.reject(new Error(`${chromium} ended with ${code} before the page had a result: ${all}`));
    });
    return await posted.promise;
  } finally {
    await end(browser);
    await server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** `Promise.withResolvers`, which Node has from 22 on. */
function withResolvers() {
  let settle!: { resolve: (value: unknown) => void; reject: (error: unknown) => void };
  const promise = new Promise<unknown>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}

/** Ends the browser with its helpers. */
function end(browser: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (browser.pid === undefined || browser.exitCode !== null) return resolve();
    browser.on("exit", () => resolve());
    process.kill(-browser.pid, "SIGKILL");
  });
}
