// Against a server on this machine that answers as the hub and its storage do.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { emptyFolder } from "test-kit";
import { afterEach, describe, expect, test } from "vitest";
import { recorder } from "../../test/workspace.ts";
import { cachedHubFile, hubFile, hubNameOf } from "./hub-file.ts";
import { fetchWeights, weightsFile } from "./weights-file.ts";

const BODY = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) >> 3));
const SHA = createHash("sha256").update(BODY).digest("hex");
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const PATH = "/facebook/deit-tiny-patch16-224/resolve/main/model.safetensors";
const NAME = hubNameOf("facebook/deit-tiny-patch16-224")!;

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handler: Handler): Promise<{ origin: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? "-"}`);
    handler(request, response, asked.length);
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** The hub: the file's headers, and a redirect to its storage. */
const hub =
  (storage: string, more: Record<string, string> = {}): Handler =>
  (_, response) =>
    void response
      .writeHead(302, {
        location: `${storage}/blob?signature=x`,
        "x-repo-commit": COMMIT,
        "x-linked-size": String(BODY.length),
        "x-linked-etag": `"${SHA}"`,
        etag: '"of the redirect"',
        ...more,
      })
      .end();

const environment = async (endpoint: string, more = {}) => {
  const home = await emptyFolder();
  return { HF_ENDPOINT: endpoint, HF_HOME: home, ...more };
};
const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();

test("names of the hub are told from files", () => {
  expect(hubNameOf("facebook/deit-tiny-patch16-224")).toEqual({
    id: "facebook/deit-tiny-patch16-224",
    revision: "main",
  });
  expect(hubNameOf("timm/deit_tiny_patch16_224.fb_in1k@v1.0")).toEqual({
    id: "timm/deit_tiny_patch16_224.fb_in1k",
    revision: "v1.0",
  });
  for (const file of [
    "model.safetensors",
    "weights/model.safetensors",
    "/abs/x",
    "a/b/c",
    "./a/b",
    "a\\b",
    "~/a",
    "a/b@../../c",
    "a/b@c/./d",
    "a/b@/c",
  ])
    expect([file, hubNameOf(file)]).toEqual([file, undefined]);
});

describe("hubFile", () => {
  test("downloads into the cache of huggingface_hub once, from another host, which does not get the token", async () => {
    const storage = await serve((_, response) => void response.end(BODY));
    const { origin, asked } = await serve(hub(storage.origin));
    const env = await environment(origin, { HF_TOKEN: "secret" });
    const seen: number[] = [];
    const path = await hubFile(NAME, { env, onProgress: ({ received }) => seen.push(received) });
    expect(readFileSync(path)).toEqual(BODY);
    expect(files(env.HF_HOME)).toEqual([
      "hub/models--facebook--deit-tiny-patch16-224/refs/main",
      `hub/models--facebook--deit-tiny-patch16-224/snapshots/${COMMIT}/model.safetensors`,
    ]);
    expect([seen[0], seen.at(-1)]).toEqual([0, BODY.length]);
    expect(asked).toEqual([`HEAD ${PATH} Bearer secret`, `GET ${PATH} Bearer secret`]);
    expect(storage.asked).toEqual(["GET /blob?signature=x -"]);
    expect(await hubFile(NAME, { env })).toBe(path);
    expect(asked).toHaveLength(2);
  });

  test("takes what Python's libraries have downloaded, without the network", async () => {
    const env = await environment("http://127.0.0.1:9", { HF_HUB_OFFLINE: "1" });
    const folder = join(env.HF_HOME, "hub", "models--facebook--deit-tiny-patch16-224");
    await mkdir(join(folder, "refs"), { recursive: true });
    await mkdir(join(folder, "snapshots", COMMIT), { recursive: true });
    await writeFile(join(folder, "refs", "main"), COMMIT);
    await writeFile(join(folder, "snapshots", COMMIT, "model.safetensors"), BODY);
    const path = join(folder, "snapshots", COMMIT, "model.safetensors");
    expect(await hubFile(NAME, { env })).toBe(path);
    expect(await hubFile({ ...NAME, revision: COMMIT }, { env })).toBe(path);
    const elsewhere = { HF_HUB_CACHE: join(env.HF_HOME, "hub") };
    expect(cachedHubFile(NAME, elsewhere)).toBe(path);
  });

  test("tries again where a connection is cut, and leaves nothing behind when it gives up", async () => {
    const cut: Handler = (_, response) => {
      response.writeHead(200, { "content-length": BODY.length });
      response.write(BODY.subarray(0, 1000), () => setTimeout(() => response.destroy(), 20));
    };
    const once = await serve((request, response, count) =>
      count === 1 ? cut(request, response, 1) : response.end(BODY),
    );
    const env = await environment((await serve(hub(once.origin))).origin);
    expect(readFileSync(await hubFile(NAME, { env }))).toEqual(BODY);
    expect(once.asked).toHaveLength(2);

    const always = await serve(cut);
    const { origin } = await serve(hub(always.origin));
    const other = await environment(origin);
    await expect(hubFile(NAME, { env: other })).rejects.toThrow(
      `; download ${origin}${PATH} elsewhere and pass the file: --weights model.safetensors`,
    );
    expect(always.asked).toHaveLength(4);
    expect(files(other.HF_HOME)).toEqual([]);
  });

  test("refuses a file of another hash", async () => {
    const storage = await serve((_, response) => void response.end(Buffer.alloc(BODY.length)));
    const env = await environment((await serve(hub(storage.origin))).origin);
    await expect(hubFile(NAME, { env })).rejects.toThrow(
      `facebook/deit-tiny-patch16-224: expected SHA-256 ${SHA}, got `,
    );
    expect(files(env.HF_HOME)).toEqual([]);
  });

  test("follows a repository that was renamed, and serves small files itself", async () => {
    const { origin, asked } = await serve((request, response) => {
      if (request.url === PATH) response.writeHead(307, { location: PATH.replace("facebook", "meta") }).end();
      else
        response
          .writeHead(200, { "x-repo-commit": COMMIT, etag: 'W/"abc"', "content-length": BODY.length })
          .end(BODY);
    });
    const env = await environment(origin);
    expect(readFileSync(await hubFile(NAME, { env }))).toEqual(BODY);
    expect(asked[1]).toBe(`HEAD ${PATH.replace("facebook", "meta")} -`);
  });

  test.each([
    [404, "EntryNotFound", "expected a repository with model.safetensors, got one without"],
    [404, "RevisionNotFound", "expected a branch, tag or commit, got 'main', which it does not have"],
    [404, "RepoNotFound", "that is public, or that HF_TOKEN may read, got neither (status 404)"],
    [401, "RepoNotFound", "that is public, or that HF_TOKEN may read, got neither (status 401)"],
    [403, "GatedRepo", "that is public, or that HF_TOKEN may read, got neither (status 403)"],
    [503, "", "expected status 200, got 503 from the Hugging Face Hub"],
  ])("says what %i %s means", async (status, code, message) => {
    const { origin } = await serve(
      (_, response) => void response.writeHead(status, { "x-error-code": code }).end(),
    );
    const env = await environment(origin);
    await expect(hubFile(NAME, { env })).rejects.toThrow(message);
    expect(files(env.HF_HOME)).toEqual([]);
  });

  test("names the address to fetch by hand where there is no network", async () => {
    const env = await environment("http://127.0.0.1:9/");
    const byHand = `download http://127.0.0.1:9${PATH} elsewhere and pass the file: --weights model.safetensors`;
    await expect(hubFile(NAME, { env })).rejects.toThrow(byHand);
    await expect(hubFile(NAME, { env: { ...env, HF_HUB_OFFLINE: "1" } })).rejects.toThrow(byHand);
  });

  test("refuses a server that is no hub, and stops when it is told to", async () => {
    const { origin } = await serve((_, response) => void response.end("<html>"));
    const env = await environment(origin);
    await expect(hubFile(NAME, { env })).rejects.toThrow("expected an answer of the Hugging Face Hub");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(hubFile(NAME, { env, signal })).rejects.toThrow("enough");
  });
});

describe("weights of the command line", () => {
  test("say what is downloaded and how large it is", async () => {
    const storage = await serve((_, response) => void response.end(BODY));
    const env = await environment((await serve(hub(storage.origin))).origin);
    const output = recorder(false);
    const path = await fetchWeights("--weights", "facebook/deit-tiny-patch16-224", output, { env });
    expect(output.text()).toBe(
      `weights: downloading facebook/deit-tiny-patch16-224 from the Hugging Face Hub, 0.2 MB, once\nweights: ${path}\n`,
    );
    expect(weightsFile("--weights", "facebook/deit-tiny-patch16-224", env)).toBe(path);
  });

  test("are a path that exists before they are a name", async () => {
    const folder = await emptyFolder();
    await mkdir(join(folder, "facebook"));
    const path = join(folder, "facebook", "deit");
    await writeFile(path, "");
    const env = await environment("http://127.0.0.1:9");
    expect(await fetchWeights("--weights", path, recorder(false), { env })).toBe(path);
  });

  test("that are neither are refused with the option", async () => {
    const env = await environment("http://127.0.0.1:9");
    await expect(fetchWeights("--select-from", "none.safetensors", recorder(false), { env })).rejects.toThrow(
      "--select-from: expected a safetensors file, got 'none.safetensors', which does not exist",
    );
    await expect(fetchWeights("--weights", "a/b", recorder(false), { env })).rejects.toThrow(
      /^--weights: a\/b: could not/,
    );
  });
});
