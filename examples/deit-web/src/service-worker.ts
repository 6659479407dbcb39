// Keeps the page for opening it offline. Its own 80 lines instead of Workbox, which would add some 250 packages to the
// installation for one list of files; `service-worker.plugin.ts` writes the list.

/** The part of a service worker's global scope that is used here: TypeScript's `webworker` and `dom` exclude each other. */
interface Scope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: "install" | "activate", listener: (event: Extendable) => void): void;
  addEventListener(type: "fetch", listener: (event: Fetching) => void): void;
}
interface Extendable {
  waitUntil(until: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/** Files of the page and the name of this version, written by the build. */
declare const BUILT: { readonly version: string; readonly files: readonly string[] };

const scope = self as unknown as Scope;
const home = new URL("./", scope.registration.scope);
/** Several copies of the page may lie on one server, and other pages too. */
const PREFIX = `deit-web ${home.pathname} `;
const VERSION = PREFIX + BUILT.version;
/** Files beside the page that not everyone needs, such as published weights: kept once they were asked for. */
const ASKED_FOR = `${PREFIX}asked for`;
/** How long a server may take before the kept page is shown, milliseconds. */
const PATIENCE = 3000;

scope.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(VERSION).then((cache) => cache.addAll(BUILT.files.map((file) => new URL(file, home).href))),
  );
});

// A new version waits until no tab has the old one, whose files go then: a tab never loses files that it still needs.
scope.addEventListener("activate", (event) => {
  const isOld = (name: string) => name.startsWith(PREFIX) && name !== VERSION && name !== ASKED_FOR;
  const forget = async () => {
    for (const name of await caches.keys()) if (isOld(name)) await caches.delete(name);
    await scope.clients.claim();
  };
  event.waitUntil(forget());
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== home.origin || !url.pathname.startsWith(home.pathname)) return;
  if (request.method !== "GET" && request.method !== "HEAD") return;
  event.respondWith(request.mode === "navigate" ? page(request) : file(event, request));
});

/** The newest page if the server answers soon, else the kept one. */
async function page(request: Request): Promise<Response> {
  const kept = await (await caches.open(VERSION)).match(home.href);
  const fresh = fetch(request);
  if (kept === undefined) return fresh;
  const late = new Promise<Response>((resolve) => setTimeout(resolve, PATIENCE, kept));
  return Promise.race([fresh.catch(() => kept), late]);
}

/** The kept file, else the server's. */
async function file(event: Fetching, request: Request): Promise<Response> {
  const options = { ignoreMethod: true, ignoreSearch: true, ignoreVary: true };
  const built = await (await caches.open(VERSION)).match(request, options);
  if (built !== undefined) return built;
  const asked = await caches.open(ASKED_FOR);
  try {
    const fresh = await fetch(request);
    if (fresh.status === 200 && request.method === "GET" && isLarge(request.url)) {
      event.waitUntil(asked.put(request.url, fresh.clone()).catch(() => {})); // a full disk: not kept, then
    }
    return fresh;
  } catch (error) {
    const kept = await asked.match(request, options);
    if (kept !== undefined) return kept;
    throw error;
  }
}

function isLarge(url: string): boolean {
  return /\.(safetensors|wasm|json|bin)$/.test(new URL(url).pathname);
}
