import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";

/** Path of Chromium: the environment's `CHROMIUM`, or the program of that name; `undefined` where there is none. */
export function findChromium(): string | undefined {
  if (process.env.CHROMIUM !== undefined) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, "chromium")).find((path) => existsSync(path));
}

/** Starts without a window, as root too, alone and offline. */
const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-quic"],
  ...["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** GPU of a page: none, or WebGL or WebGPU emulated by Chromium (SwiftShader). */
const GPU_FLAGS = {
  none: ["--disable-gpu"],
  webgl: ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
  emulated: ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
} as const;

/** Options of {@link resultOfPage}. */
export interface PageOptions {
  /** Whether the page is cross-origin isolated, which shared memory needs. Default `false`. */
  readonly isolated?: boolean;
  /** Default `none`. */
  readonly gpu?: keyof typeof GPU_FLAGS;
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
  const { gpu = "none", query = "" } = options;
  const profile = mkdtempSync(join(tmpdir(), "deit-browser-"));
  let browser: ChildProcess | undefined;
  let server: Server | undefined;
  try {
    return await new Promise((resolve, reject) => {
      server = serve(script, options, resolve).listen(0, "127.0.0.1", () => {
        const url = `http://127.0.0.1:${(server!.address() as AddressInfo).port}/${query}`;
        // A group of its own, so that its helpers end with it.
        browser = spawn(chromium, [...FLAGS, ...GPU_FLAGS[gpu], `--user-data-dir=${profile}`, url], {
          detached: true,
          stdio: ["ignore", "ignore", "pipe"],
        });
        const said: string[] = [];
        browser.stderr!.on("data", (chunk) => said.push(String(chunk)));
        browser.on("error", reject);
        browser.on("exit", (code) => {
          reject(new Error(`${chromium} ended with ${code} before the page had a result: ${said.join("")}`));
        });
      });
    });
  } finally {
    await end(browser);
    server?.closeAllConnections();
    server?.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Ends the browser with its helpers. */
function end(browser: ChildProcess | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (browser?.pid === undefined || browser.exitCode !== null) return resolve();
    browser.on("exit", () => resolve());
    process.kill(-browser.pid, "SIGKILL");
  });
}

function serve(
  script: string,
  { isolated = false, module = true, folder }: PageOptions,
  onResult: (result: unknown) => void,
): Server {
  const require = createRequire(import.meta.url);
  const wasm = join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json")), "wasm-out");
  const headers = isolated
    ? { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }
    : {};
  const answer = (path: string): [type: string, body: string | Buffer] | undefined => {
    const type = module ? 'type="module"' : "defer";
    if (path === "/") return ["text/html", `<!doctype html><script ${type} src="/page.js"></script>`];
    if (path === "/page.js") return ["text/javascript", script];
    const [, file] = /^\/wasm\/([\w-]+\.wasm)$/.exec(path) ?? [];
    const found = file === undefined ? folder && join(folder, path) : join(wasm, file);
    if (!found || !existsSync(found)) return undefined;
    return [(file ?? /\.wasm$/.test(path)) ? "application/wasm" : "text/javascript", readFileSync(found)];
  };
  const onRequest = async (request: IncomingMessage) => {
    const { method, url = "" } = request;
    if (method === "POST" && url === "/result") onResult(JSON.parse(await text(request)));
  };
  return createServer((request, response) => {
    void onRequest(request);
    const found = answer(new URL(request.url ?? "", "http://localhost").pathname);
    response.writeHead(found ? 200 : 404, { ...headers, "Content-Type": found?.[0] ?? "text/plain" });
    response.end(found?.[1] ?? "");
  });
}
