import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, extname, join } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** What {@link servePages} serves. */
export interface ServedPages {
  /** Texts and bytes by path: `{ "/page.js": "…" }`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** A folder whose files are served too, by their paths in it; a folder's `index.html` at its address. */
  readonly folder?: string;
  /** Whether pages are cross-origin isolated, which shared memory needs. Default `false`. */
  readonly isolated?: boolean;
  /** Answers a request itself, if it returns `true`. */
  readonly onRequest?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** A server of pages on this machine. */
export interface PageServer {
  /** Address with the last slash, such as `http://127.0.0.1:1234/`: a secure context. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves pages from this machine, with tfjs' WASM files under `/wasm/`. A page `/` that loads `/page.js` as a module is
 * there where the files have that script and no page.
 */
export async function servePages({
  files = {},
  folder,
  isolated = false,
  onRequest,
}: ServedPages): Promise<PageServer> {
  const headers = isolated
    ? { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }
    : {};
  const server = createServer((request, response) => {
    if (onRequest?.(request, response)) return;
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    const found = answer(decodeURIComponent(pathname), files, folder);
    const type = found && (TYPES[extname(found.name)] ?? "application/octet-stream");
    response.writeHead(found ? 200 : 404, { ...headers, "Content-Type": type ?? "text/plain" });
    response.end(found?.body ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(path: string, files: NonNullable<ServedPages["files"]>, folder: string | undefined) {
  const given = files[path];
  if (given !== undefined) return { name: path === "/" ? "index.html" : path, body: given };
  if (path === "/" && files["/page.js"] !== undefined) {
    const body =
      '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
    return { name: "index.html", body };
  }
  const [, wasm] = /^\/wasm\/([\w-]+\.wasm)$/.exec(path) ?? [];
  let found = folder && join(folder, path);
  if (wasm !== undefined) found = join(wasmFolder(), wasm);
  if (!found || !existsSync(found)) return undefined;
  if (statSync(found).isDirectory()) found = join(found, "index.html");
  return existsSync(found) ? { name: found, body: readFileSync(found) } : undefined;
}

function wasmFolder(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm/package.json")), "wasm-out");
}
