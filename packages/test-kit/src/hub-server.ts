import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A repository of the hub. */
export interface HubRepository {
  /** Commit of `main`. */
  commit: string;
  /** Contents by name; those of `.safetensors`, `.bin` and `.onnx` are in the storage, which is another server. */
  files: Record<string, Uint8Array>;
}

/** A server that answers as the Hugging Face Hub does, and its storage. */
export interface HubServer {
  /** `HF_ENDPOINT`. */
  readonly origin: string;
  readonly repositories: Map<string, HubRepository>;
  /** Requests to the hub: `HEAD /owner/name/resolve/main/config.json Bearer …`; `-` without authorization. */
  readonly asked: string[];
  /** Requests to the storage: `GET bytes=100- -`. */
  readonly stored: string[];
  /** Bytes that the storage has sent. */
  sent: number;
  /** How the storage behaves. */
  storage: {
    /** Each answer in turn ends after so many bytes; `undefined`: after all of them. */
    cuts: (number | undefined)[];
    /** Whether it sends the whole file whatever it is asked for. */
    ignoresRange: boolean;
    /** Whether a cut answer stays open. */
    stalls: boolean;
    /** Whether it answers in place of the file. */
    instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  };
  /** Whether the hub answers in its own place. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
}

const IS_LARGE = /\.(safetensors|bin|onnx)$/;
const gitHash = (bytes: Uint8Array) =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Returns the name that a file has among the blobs of the cache. */
export function hubEtag(file: string, bytes: Uint8Array): string {
  return IS_LARGE.test(file) ? sha256(bytes) : gitHash(bytes);
}

/** Starts a hub on this machine, which ends with the test. */
export async function hubServer(repositories: Readonly<Record<string, HubRepository>>): Promise<HubServer> {
  const hub: HubServer = {
    ...{ origin: "", repositories: new Map(Object.entries(repositories)), asked: [], stored: [], sent: 0 },
    ...{ instead: undefined },
    storage: { cuts: [], ignoresRange: false, stalls: false, instead: undefined },
  };
  const storage = await listen((request, response) => {
    hub.stored.push(
      `${request.method} ${request.headers.range ?? "-"} ${request.headers.authorization ?? "-"}`,
    );
    if (hub.storage.instead?.(request, response)) return;
    const wanted = new URL(request.url!, "http://x").pathname.slice(1);
    const all = [...hub.repositories.values()].flatMap(({ files }) => Object.values(files));
    const bytes = all.find((one) => sha256(one) === wanted);
    if (bytes === undefined) return void response.writeHead(404).end();
    sendFrom(hub, bytes, request, response);
  });
  const origin = await listen((request, response) => {
    hub.asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? "-"}`);
    if (hub.instead?.(request, response)) return;
    answer(hub, storage, request, response);
  });
  return Object.assign(hub, { origin });
}

function answer(
  hub: HubServer,
  storage: string,
  request: IncomingMessage,
  response: ServerResponse,
): unknown {
  const path = new URL(request.url!, "http://x").pathname;
  const parts = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path)?.map(decodeURIComponent);
  const repository = hub.repositories.get(parts?.[1] ?? "");
  const refuse = (status: number, code: string, headers = {}) =>
    void response.writeHead(status, { "x-error-code": code, ...headers }).end();
  if (parts === undefined || repository === undefined) return refuse(401, "RepoNotFound");
  const [, , revision, file = ""] = parts;
  const { commit, files } = repository;
  if (revision !== "main" && revision !== commit) return refuse(404, "RevisionNotFound");
  const bytes = Object.hasOwn(files, file) ? files[file] : undefined;
  const told = { "x-repo-commit": commit };
  if (bytes === undefined) return refuse(404, "EntryNotFound", told);
  if (IS_LARGE.test(file)) {
    const large = { "x-linked-size": bytes.length, "x-linked-etag": `"${sha256(bytes)}"` };
    const location = `${storage}/${sha256(bytes)}?signature=x`;
    return void response
      .writeHead(302, { ...told, ...large, location, etag: '"of the redirect"', "content-length": 0 })
      .end();
  }
  const etag = `"${gitHash(bytes)}"`;
  response.writeHead(200, { ...told, etag, "content-length": bytes.length });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

/** Sends a file from where it is asked for, to where the answer is to be cut. */
function sendFrom(
  hub: HubServer,
  bytes: Uint8Array,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { cuts, ignoresRange, stalls } = hub.storage;
  const begin = ignoresRange ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const range = { "content-range": `bytes ${begin}-${bytes.length - 1}/${bytes.length}` };
  if (begin >= bytes.length) return void response.writeHead(416).end();
  const isPartial = request.headers.range !== undefined && !ignoresRange;
  response.writeHead(isPartial ? 206 : 200, {
    ...(isPartial ? range : {}),
    "content-length": bytes.length - begin,
  });
  const cut = cuts.shift();
  const piece = bytes.subarray(begin, cut === undefined ? undefined : begin + cut);
  hub.sent += piece.length;
  if (cut === undefined) return void response.end(piece);
  response.write(piece, () => {
    if (!stalls) setTimeout(() => response.destroy(), 20); // after the bytes have left
  });
}

async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
