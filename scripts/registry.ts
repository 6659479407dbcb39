import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A package in the registry: one document with all its versions. */
export interface Published {
  readonly name: string;
  readonly "dist-tags": Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, PublishedManifest>>;
}

interface PublishedManifest {
  readonly dist: { tarball: string };
  readonly repository?: { readonly url: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** npm's request to publish a version: its document and its tarball, in base64. */
interface Sent extends Published {
  readonly _attachments?: Readonly<Record<string, { readonly data: string }>>;
}

/** A registry that {@link startRegistry} started. */
export interface Registry {
  readonly url: string;
  /** `name@version` of what was published, in order. */
  readonly published: readonly string[];
  close(): Promise<void>;
}

/**
 * An npm registry on this machine, in memory: of the packages `own` it has what is published to it, for all others it
 * sends on to `upstream`. It checks no rights; for trying a release.
 *
 * @see https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md
 */
export async function startRegistry(own: readonly string[], upstream: string): Promise<Registry> {
  const documents = new Map<string, Published>();
  const tarballs = new Map<string, Buffer>();
  const published: string[] = [];

  const publish = (sent: Sent, origin: string): void => {
    const known = documents.get(sent.name);
    for (const [file, { data }] of Object.entries(sent._attachments ?? {})) {
      tarballs.set(`/${sent.name}/-/${file}`, Buffer.from(data, "base64"));
    }
    for (const [version, manifest] of Object.entries(sent.versions)) {
      manifest.dist.tarball = `${origin}${new URL(manifest.dist.tarball).pathname}`;
      published.push(`${sent.name}@${version}`);
    }
    const versions = { ...known?.versions, ...sent.versions };
    const tags = { ...known?.["dist-tags"], ...sent["dist-tags"] };
    documents.set(sent.name, { name: sent.name, versions, "dist-tags": tags });
  };

  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url!, url).pathname);
    if (request.method === "PUT") {
      publish(JSON.parse(await bodyOf(request)) as Sent, url);
      response.writeHead(201).end("{}");
    } else if (tarballs.has(path)) {
      response.end(tarballs.get(path));
    } else if (documents.has(path.slice(1))) {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(documents.get(path.slice(1))));
    } else if (own.some((name) => path === `/${name}` || path.startsWith(`/${name}/`))) {
      response.writeHead(404).end("{}");
    } else {
      response.writeHead(302, { location: upstream.replace(/\/$/, "") + request.url }).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { url, published, close };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
