// Against a server on this machine that answers as the hub and its storage do.
import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { emptyFolder, type HubServer, hubEtag, hubServer } from "test-kit";
import { describe, expect, test } from "vitest";
import { cachedHubFile, cachedHubWeights, hubFile, hubFolder, hubName, hubWeights } from "./index.ts";

const ID = "facebook/deit-tiny";
const NAME = hubName(`hf:${ID}`)!;
const FILE = "model.safetensors";
const BODY = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) >> 3));
const SHA = hubEtag(FILE, BODY);
const CONFIG = Buffer.from('{"model_type": "deit"}\n');
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const PATH = `/${ID}/resolve/main/${FILE}`;

interface Hub {
  readonly hub: HubServer;
  readonly env: { HF_ENDPOINT: string; HF_HOME: string; HF_TOKEN?: string };
  /** The repository's folder in the cache. */
  readonly folder: string;
}

async function start(
  files: Record<string, Uint8Array> = { [FILE]: BODY, "config.json": CONFIG },
): Promise<Hub> {
  const hub = await hubServer({ [ID]: { commit: COMMIT, files } });
  const home = await emptyFolder();
  const folder = join(home, "hub", `models--${ID.replace("/", "--")}`);
  return { hub, env: { HF_ENDPOINT: hub.origin, HF_HOME: home }, folder };
}

/** Files below a folder, links too, by relative path. */
function files(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => !one.isDirectory())
    .map(({ parentPath, name }) =>
      join(parentPath, name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}
const parts = (folder: string) => files(join(folder, "blobs")).filter((name) => name.endsWith(".incomplete"));
/** Requests for the storage's bytes, without the authorization, which it never gets. */
const ranges = ({ stored }: HubServer) => stored.map((one) => /^GET (.+) -$/.exec(one)?.[1]);
const fast = { retryDelay: 1 };
/** An answer in place of the hub's or its storage's. */
const answerWith =
  (send: (response: ServerResponse) => unknown) => (_: unknown, response: ServerResponse) => {
    send(response);
    return true;
  };

const program = fileURLToPath(new URL("../test/download.ts", import.meta.url));
function downloadElsewhere(env: Record<string, string>, file = FILE): ChildProcess {
  const args = ["--import", "tsx", "--conditions=@deit/source", program, `hf:${ID}`, file];
  return spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}
const textOf = async (stream: NodeJS.ReadableStream): Promise<string> => {
  let text = "";
  for await (const piece of stream) text += String(piece);
  return text;
};

test("names of the hub are told from files", () => {
  for (const [text, id, revision] of [
    ["facebook/deit-tiny-patch16-224", "facebook/deit-tiny-patch16-224", "main"],
    ["hf:facebook/deit-tiny-patch16-224", "facebook/deit-tiny-patch16-224", "main"],
    ["timm/deit_tiny_patch16_224.fb_in1k@v1.0", "timm/deit_tiny_patch16_224.fb_in1k", "v1.0"],
    ["hf:a/b@refs/pr/1", "a/b", "refs/pr/1"],
    ["hf:someone/model.bin", "someone/model.bin", "main"],
  ] as const)
    expect([text, hubName(text)]).toEqual([text, { id, revision }]);
  for (const text of [
    ...["model.safetensors", "weights/model.safetensors", "weights/deit.pth", "a/b.onnx", "/abs/x", "a/b/c"],
    ...[
      "./a/b",
      "a\\b",
      "~/a",
      "a/b@../../c",
      "a/b@c/./d",
      "a/b@/c",
      "hf:a",
      "hf:../b",
      "hf:a/..",
      "hf:a/b@",
      "",
    ],
  ])
    expect([text, hubName(text)]).toEqual([text, undefined]);
});

describe("hubFile", () => {
  test("downloads into the cache of huggingface_hub once; the storage, another server, does not get the token", async () => {
    const { hub, env, folder } = await start();
    const seen: [number, number | undefined][] = [];
    const options = { env: { ...env, HF_TOKEN: "secret" } };
    const path = await hubFile(NAME, FILE, {
      ...options,
      onProgress: ({ received, total }) => seen.push([received, total]),
    });
    expect(readFileSync(path).equals(BODY)).toBe(true);
    expect(files(folder)).toEqual([`blobs/${SHA}`, "refs/main", `snapshots/${COMMIT}/${FILE}`]);
    expect(path).toBe(join(folder, "snapshots", COMMIT, FILE));
    expect(readlinkSync(path)).toBe(join("..", "..", "blobs", SHA));
    expect(readFileSync(join(folder, "refs", "main"), "utf8")).toBe(COMMIT);
    expect([seen[0], seen.at(-1)]).toEqual([
      [0, BODY.length],
      [BODY.length, BODY.length],
    ]);
    expect(hub.asked).toEqual([`HEAD ${PATH} Bearer secret`]);
    expect(hub.stored).toEqual(["GET - -"]);
    expect(await hubFile(NAME, FILE, options)).toBe(path);
    expect(cachedHubFile({ ...NAME, revision: COMMIT }, FILE, options)).toBe(path);
    expect(cachedHubFile(NAME, FILE, { env: { HF_HUB_CACHE: join(env.HF_HOME, "hub") } })).toBe(path);
    expect(hub.asked).toHaveLength(1);
    const config = await hubFile(NAME, "config.json", options); // a small file, which the hub sends itself
    expect(readFileSync(config).equals(CONFIG)).toBe(true);
    expect(hub.asked.slice(1).map((one) => one.split(" ")[2])).toEqual(["Bearer", "Bearer"]);
    expect(files(join(folder, "blobs"))).toEqual([SHA, hubEtag("config.json", CONFIG)].sort());
  });

  test("resumes where a connection was cut, at several places, and no byte is sent twice", async () => {
    for (const cuts of [[1], [0, 1000, 70_000], [199_999], [50_000, 50_000, 50_000, 49_999]]) {
      const { hub, env, folder } = await start();
      hub.storage.cuts = [...cuts];
      expect(readFileSync(await hubFile(NAME, FILE, { env, ...fast })).equals(BODY)).toBe(true);
      let at = 0;
      const places = cuts.map((cut) => (at += cut)).map((place) => (place === 0 ? "-" : `bytes=${place}-`));
      expect(ranges(hub)).toEqual(["-", ...places]);
      expect(hub.sent).toBe(BODY.length);
      expect(parts(folder)).toEqual([]);
    }
  });

  test("starts anew where the server ignores ranges, has other ones, or none", async () => {
    const { hub, env } = await start();
    Object.assign(hub.storage, { cuts: [1000], ignoresRange: true });
    expect(readFileSync(await hubFile(NAME, FILE, { env, ...fast })).equals(BODY)).toBe(true);
    expect(ranges(hub)).toEqual(["-", "bytes=1000-"]);

    for (const [status, headers] of [
      [206, { "content-range": `bytes 999-199999/${BODY.length}` }],
      [206, {}],
      [416, {}],
    ] as const) {
      const other = await start();
      other.hub.storage.cuts = [1000];
      other.hub.storage.instead = ({ headers: { range } }, response) => {
        if (range !== undefined) response.writeHead(status, headers).end(BODY.subarray(999));
        return range !== undefined;
      };
      expect(readFileSync(await hubFile(NAME, FILE, { env: other.env, ...fast })).equals(BODY)).toBe(true);
      expect(ranges(other.hub)).toEqual(["-", "bytes=1000-", "-"]);
    }
  });

  test("starts anew where the file has changed between two tries", async () => {
    const { hub, env, folder } = await start();
    const other = Buffer.from(BODY.map((byte) => byte ^ 1));
    hub.storage.cuts = [1000];
    let asked = 0;
    hub.instead = () => {
      if (++asked === 2) hub.repositories.set(ID, { commit: "f".repeat(40), files: { [FILE]: other } });
      return false;
    };
    const path = await hubFile(NAME, FILE, { env, ...fast });
    expect(readFileSync(path).equals(other)).toBe(true);
    expect(path).toContain("f".repeat(40));
    expect(ranges(hub)).toEqual(["-", "-"]);
    expect(files(join(folder, "blobs"))).toEqual([hubEtag(FILE, other)]);
  });

  test("resumes what a process left that was killed, or that was told to stop", async () => {
    const { hub, env, folder } = await start();
    Object.assign(hub.storage, { cuts: [60_000, 30_000], stalls: true });
    const child = downloadElsewhere(env);
    await new Promise<void>((resolve) => {
      child.stderr!.on("data", (text) => String(text).includes("60000") && resolve());
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(parts(folder)).toHaveLength(1);

    const stop = new AbortController();
    const reason = new Error("enough");
    const onProgress = ({ received }: { readonly received: number }) => {
      if (received === 90_000) stop.abort(reason);
    };
    await expect(hubFile(NAME, FILE, { env, signal: stop.signal, onProgress })).rejects.toBe(reason);
    expect(files(join(folder, "blobs")).map((name) => statSync(join(folder, "blobs", name)).size)).toEqual([
      90_000,
    ]);
    expect(readFileSync(await hubFile(NAME, FILE, { env })).equals(BODY)).toBe(true);
    expect(ranges(hub)).toEqual(["-", "bytes=60000-", "bytes=90000-"]);
    expect(files(join(folder, "blobs"))).toEqual([SHA]);
  });

  test("takes over the largest part of those left behind, but none of a living process or of Python", async () => {
    const { hub, env, folder } = await start();
    hub.storage.cuts = [1000];
    await expect(hubFile(NAME, FILE, { env, retries: 0 })).rejects.toThrow("could not be downloaded");
    const [left = ""] = parts(folder);
    const [, host] = /\.([\da-f]{8})-0-/.exec(left)!;
    const put = async (name: string, size: number) => {
      await writeFile(join(folder, "blobs", `${SHA}.${name}.incomplete`), BODY.subarray(0, size));
      return join(folder, "blobs", `${SHA}.${name}.incomplete`);
    };
    await put(`${host}-0-00000001`, 5000);
    await put(`${host}-${process.pid}-00000002`, 7000);
    await put("00000000-1-00000003", 8000); // on another machine, lately
    await put("0123abcd", 9000);
    const old = await put("00000000-1-00000004", 6000);
    utimesSync(old, new Date(0), new Date(0));
    expect(readFileSync(await hubFile(NAME, FILE, { env })).equals(BODY)).toBe(true);
    expect(ranges(hub)).toEqual(["-", "bytes=6000-"]);
    expect(parts(folder).map((name) => name.slice(SHA.length + 1))).toEqual(
      [
        "00000000-1-00000003.incomplete",
        "0123abcd.incomplete",
        `${host}-${process.pid}-00000002.incomplete`,
      ].sort(),
    );
  });

  test("starts anew where what was left is damaged, too long, or whole", async () => {
    for (const [content, expected] of [
      [Buffer.alloc(1000), ["-", "bytes=1000-", "-"]],
      [Buffer.alloc(BODY.length), ["-", "-"]],
      [Buffer.alloc(BODY.length + 1), ["-", "-"]],
      [BODY, ["-"]],
    ] as const) {
      const { hub, env, folder } = await start();
      hub.storage.cuts = [1];
      await expect(hubFile(NAME, FILE, { env, retries: 0 })).rejects.toThrow(
        "it ended after 1 of 200000 bytes",
      );
      writeFileSync(join(folder, "blobs", parts(folder)[0]!), content);
      expect(readFileSync(await hubFile(NAME, FILE, { env, ...fast })).equals(BODY)).toBe(true);
      expect(ranges(hub)).toEqual(expected);
    }
  });

  test("of two processes at a time both get the file, and nothing else is left", async () => {
    const { hub, env, folder } = await start();
    hub.storage.cuts = [1000, 2000, 90_000, 60_000];
    const children = [downloadElsewhere(env), downloadElsewhere(env), downloadElsewhere(env)];
    const paths = await Promise.all(children.map(({ stdout }) => textOf(stdout!)));
    expect(new Set(paths)).toEqual(new Set([join(folder, "snapshots", COMMIT, FILE)]));
    expect(readFileSync(paths[0]!).equals(BODY)).toBe(true);
    expect(files(folder)).toEqual([`blobs/${SHA}`, "refs/main", `snapshots/${COMMIT}/${FILE}`]);
  });

  test("of two calls at a time both get the file", async () => {
    const { hub, env, folder } = await start();
    hub.storage.cuts = [1000, 2000, 90_000];
    const paths = await Promise.all([1, 2, 3].map(() => hubFile(NAME, FILE, { env, ...fast })));
    expect(new Set(paths).size).toBe(1);
    expect(readFileSync(paths[0]!).equals(BODY)).toBe(true);
    expect(files(folder)).toEqual([`blobs/${SHA}`, "refs/main", `snapshots/${COMMIT}/${FILE}`]);
  });

  test("uses a blob that is there, mends a link that leads nowhere, and works without links", async () => {
    const { hub, env, folder } = await start();
    const path = join(folder, "snapshots", COMMIT, FILE);
    await mkdir(join(folder, "blobs"), { recursive: true });
    await mkdir(join(folder, "snapshots", COMMIT), { recursive: true });
    await symlink("../../blobs/none", path);
    await writeFile(join(folder, "blobs", SHA), BODY);
    expect(readFileSync(await hubFile(NAME, FILE, { env })).equals(BODY)).toBe(true);
    expect(hub.stored).toEqual([]);

    const other = await start();
    const without = { ...other.env, HF_HUB_DISABLE_SYMLINKS: "1" };
    expect(readFileSync(await hubFile(NAME, FILE, { env: without })).equals(BODY)).toBe(true);
    expect(files(other.folder)).toEqual(["refs/main", `snapshots/${COMMIT}/${FILE}`]);
  });

  test.runIf(existsSync("/dev/full"))("names the file that it could not write on a full disk", async () => {
    const { hub, env, folder } = await start();
    hub.storage.cuts = [0];
    await expect(hubFile(NAME, FILE, { env, retries: 0 })).rejects.toThrow(
      "it ended after 0 of 200000 bytes",
    );
    const part = join(folder, "blobs", parts(folder)[0]!);
    await rm(part);
    await symlink("/dev/full", part);
    await expect(hubFile(NAME, FILE, { env })).rejects.toThrow(
      /^facebook\/deit-tiny: model\.safetensors: could not write .*\.incomplete: ENOSPC/,
    );
  });

  test("refuses a file of another hash or length, and keeps nothing of a wrong one", async () => {
    const { hub, env, folder } = await start();
    hub.storage.instead = answerWith((response) => response.end(Buffer.alloc(BODY.length)));
    await expect(hubFile(NAME, FILE, { env })).rejects.toThrow(
      `${ID}: ${FILE}: expected SHA-256 ${SHA}, got `,
    );
    expect(files(folder)).toEqual([]);
    hub.storage.instead = answerWith((response) => response.end(Buffer.alloc(BODY.length + 1)));
    await expect(hubFile(NAME, FILE, { env })).rejects.toThrow("expected 200000 bytes, got more");
    hub.instead = ({ method }, response) => {
      response.writeHead(200, { "x-repo-commit": COMMIT, etag: `"${"a".repeat(40)}"` });
      response.end(method === "HEAD" ? undefined : CONFIG);
      return true;
    };
    await expect(hubFile(NAME, "config.json", { env })).rejects.toThrow("expected Git's SHA-1 aaaa");
    expect(files(join(folder, "snapshots"))).toEqual([]);
  });

  test("follows a repository that was renamed, and takes a size that only the file's own answer has", async () => {
    const { hub, env } = await start();
    hub.instead = ({ url, method }, response) => {
      if (url === PATH) response.writeHead(307, { location: PATH.replace("facebook", "meta") }).end();
      else if (method === "HEAD") response.writeHead(200, { "x-repo-commit": COMMIT, etag: 'W/"abc"' }).end();
      else response.writeHead(200, { "content-length": BODY.length }).end(BODY);
      return true;
    };
    expect(readFileSync(await hubFile(NAME, FILE, { env })).equals(BODY)).toBe(true);
    expect(hub.asked.map((one) => one.split(" ")[1])).toEqual([
      PATH,
      ...Array(2).fill(PATH.replace("facebook", "meta")),
    ]);
  });

  test("tries again where the hub asks for it, and gives up in the end", async () => {
    const { hub, env } = await start();
    const statuses = [503, 429, 500];
    hub.instead = (_, response) => {
      const status = statuses.shift();
      if (status !== undefined) response.writeHead(status, { "retry-after": "0" }).end();
      return status !== undefined;
    };
    expect(readFileSync(await hubFile(NAME, FILE, { env, retryDelay: 1e9 })).equals(BODY)).toBe(true);
    expect(hub.asked).toHaveLength(4);
    const other = await start();
    other.hub.instead = answerWith((response) => response.writeHead(503).end());
    await expect(hubFile(NAME, FILE, { env: other.env, ...fast, retries: 2 })).rejects.toThrow(
      `${ID}: ${FILE} could not be downloaded: the server answered with status 503; to fetch it by hand: ${other.hub.origin}${PATH}`,
    );
    expect(other.hub.asked).toHaveLength(3);
  });

  test("does not wait for a silent server", async () => {
    const { hub, env } = await start();
    Object.assign(hub.storage, { cuts: [1000], stalls: true });
    expect(readFileSync(await hubFile(NAME, FILE, { env, ...fast, timeout: 200 })).equals(BODY)).toBe(true);
    expect(ranges(hub)).toEqual(["-", "bytes=1000-"]);
    hub.instead = () => true;
    await expect(hubFile(NAME, "config.json", { env, ...fast, timeout: 50, retries: 1 })).rejects.toThrow(
      "config.json could not be downloaded: there was no byte for 0.05 s; to fetch it by hand: ",
    );
  });

  test.each([
    [404, "EntryNotFound", `expected a repository with ${FILE}, got one without`],
    [404, "RevisionNotFound", "expected a branch, tag or commit, got 'main', which it does not have"],
    [404, "RepoNotFound", "that is public, or that HF_TOKEN may read, got neither (status 404)"],
    [401, "RepoNotFound", "that is public, or that HF_TOKEN may read, got neither (status 401)"],
    [403, "GatedRepo", "that is public, or that HF_TOKEN may read, got neither (status 403)"],
    [418, "", "expected status 200, got 418 from the Hugging Face Hub"],
  ])("says what %i %s means, and asks once", async (status, code, message) => {
    const { hub, env, folder } = await start();
    hub.instead = answerWith((response) => response.writeHead(status, { "x-error-code": code }).end());
    await expect(hubFile(NAME, FILE, { env })).rejects.toThrow(message);
    expect(hub.asked).toHaveLength(1);
    expect(files(folder)).toEqual([]);
  });

  test("names the address to fetch by hand where there is no network", async () => {
    const env = { HF_ENDPOINT: "http://127.0.0.1:9/", HF_HOME: await emptyFolder() };
    const byHand = `; to fetch it by hand: http://127.0.0.1:9${PATH}`;
    await expect(hubFile(NAME, FILE, { env })).rejects.toThrow(byHand);
    for (const variable of ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
      await expect(hubFile(NAME, FILE, { env: { ...env, [variable]: "YES" } })).rejects.toThrow(
        `${ID}: expected ${FILE} in the cache, ${join(env.HF_HOME, "hub")}, as HF_HUB_OFFLINE is set, got none${byHand}`,
      );
  });

  test.each([
    [{}],
    [{ "x-repo-commit": COMMIT }],
    [{ etag: '"abc"' }],
    [{ etag: '"abc"', "x-repo-commit": "../../x" }],
    [{ etag: '"../../x"', "x-repo-commit": COMMIT }],
    [{ etag: '".."', "x-repo-commit": COMMIT }],
    [{ etag: '""', "x-repo-commit": COMMIT }],
  ])("refuses a server that is no hub: %j", async (headers) => {
    const { hub, env } = await start();
    hub.instead = answerWith((response) => response.writeHead(200, headers as never).end("<html>"));
    await expect(hubFile(NAME, FILE, { env })).rejects.toThrow("expected an answer of the Hugging Face Hub");
    expect(files(env.HF_HOME)).toEqual([]);
  });

  test("refuses a server that redirects without end, and names that leave the cache", async () => {
    const { hub, env } = await start();
    hub.instead = answerWith((response) => response.writeHead(307, { location: PATH }).end());
    await expect(hubFile(NAME, FILE, { env })).rejects.toThrow("expected at most 5 redirects, got more");
    for (const file of ["../x", "a/../../x", "/etc/passwd", "a\\b", "", "C:x", "a//b"])
      await expect(hubFile(NAME, file, { env })).rejects.toThrow("hubFile: file must be the name of a file");
    for (const id of ["../x", "a/..", "a", "a/b/c"])
      await expect(hubFile({ id, revision: "main" }, FILE, { env })).rejects.toThrow("hubFile: name must be");
    await expect(hubFile({ id: ID, revision: "../x" }, FILE, { env })).rejects.toThrow(
      "hubFile: name must be",
    );
    await writeFile(join(env.HF_HOME, "main"), "x");
    await mkdir(join(env.HF_HOME, "hub", "models--a--b", "refs"), { recursive: true });
    await writeFile(join(env.HF_HOME, "hub", "models--a--b", "refs", "main"), "../../..");
    expect(cachedHubFile({ id: "a/b", revision: "main" }, "main", { env })).toBeUndefined();
  });

  test("stops before it begins when it is told to", async () => {
    const { hub, env } = await start();
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(hubFile(NAME, FILE, { env, signal })).rejects.toThrow("enough");
    expect(hub.asked).toEqual([]);
  });
});

describe("hubFolder", () => {
  const INDEX = (ending: string, shards: readonly string[]) =>
    Buffer.from(
      JSON.stringify({ weight_map: Object.fromEntries(shards.map((one, i) => [`${i}`, `${one}${ending}`])) }),
    );
  const other = (seed: number) => Buffer.from(Uint8Array.from({ length: 3000 }, (_, i) => i * seed));
  const SHARDS = { "a.safetensors": other(3), "b.safetensors": other(5) };
  const SHARDED = { "model.safetensors.index.json": INDEX(".safetensors", ["a", "b"]), ...SHARDS };

  test("has config, preprocessing and weights of one commit, and asks for nothing twice", async () => {
    const { hub, env, folder } = await start();
    const path = await hubFolder(NAME, { env });
    expect(path).toBe(join(folder, "snapshots", COMMIT));
    expect(files(path)).toEqual(["config.json", FILE]);
    expect(files(join(folder, ".no_exist"))).toEqual([`${COMMIT}/preprocessor_config.json`]);
    expect(readFileSync(join(folder, "refs", "main"), "utf8")).toBe(COMMIT);
    expect(hub.asked.filter((one) => one.includes("/main/"))).toHaveLength(1);
    const { length } = hub.asked;
    expect(await hubFolder(NAME, { env })).toBe(path);
    expect(await hubFolder(NAME, { env: { ...env, HF_HUB_OFFLINE: "1" } })).toBe(path);
    expect(await hubWeights(NAME, { env })).toBe(join(path, FILE));
    expect(cachedHubWeights(NAME, { env })).toBe(join(path, FILE));
    expect(hub.asked).toHaveLength(length);
  });

  test.each([
    ["one file", { ...SHARDED, [FILE]: BODY, "pytorch_model.bin": other(7) }, FILE, []],
    [
      "several files",
      { ...SHARDED, "pytorch_model.bin": other(7) },
      "model.safetensors.index.json",
      Object.keys(SHARDS),
    ],
    ["PyTorch's file", { "pytorch_model.bin": other(7) }, "pytorch_model.bin", []],
    [
      "PyTorch's files",
      { "pytorch_model.bin.index.json": INDEX(".bin", ["a", "b"]), "a.bin": other(7), "b.bin": other(9) },
      "pytorch_model.bin.index.json",
      ["a.bin", "b.bin"],
    ],
  ])("takes weights in %s", async (_, repository, weights, shards) => {
    const { env, folder } = await start({
      "config.json": CONFIG,
      "preprocessor_config.json": CONFIG,
      ...repository,
    });
    const path = await hubFolder(NAME, { env });
    expect(files(path)).toEqual(["config.json", "preprocessor_config.json", weights, ...shards].sort());
    expect(cachedHubWeights(NAME, { env })).toBe(join(path, weights));
    for (const shard of shards) {
      await rm(join(path, shard));
      expect(cachedHubWeights(NAME, { env })).toBeUndefined();
      expect(await hubWeights(NAME, { env })).toBe(join(path, weights));
    }
    expect(files(folder).filter((name) => name.startsWith("snapshots/"))).toHaveLength(3 + shards.length);
  });

  test("takes an ONNX model and its external data, or other files, if it is asked to", async () => {
    const repository = {
      "config.json": CONFIG,
      "onnx/model.onnx": other(3),
      "onnx/model.onnx_data": other(5),
    };
    const { hub, env } = await start({ ...repository, "labels.txt": other(2), [FILE]: BODY });
    const path = await hubFolder(NAME, { env, weights: "onnx" });
    expect(files(path)).toEqual(["config.json", "onnx/model.onnx", "onnx/model.onnx_data"]);
    const { length } = hub.asked;
    expect(await hubFolder(NAME, { env, weights: "onnx" })).toBe(path);
    expect(hub.asked).toHaveLength(length);
    await rm(join(path, "onnx/model.onnx"));
    expect(await hubFolder(NAME, { env, weights: "any" })).toBe(path);
    expect(files(path)).toContain(FILE);
    await rm(join(path, FILE));
    delete hub.repositories.get(ID)!.files[FILE];
    expect(await hubFolder(NAME, { env, weights: "any" })).toBe(path);
    await hubFolder(NAME, { env, weights: "none", files: ["labels.txt"], optional: ["none.json"] });
    expect(files(path)).toEqual(["config.json", "labels.txt", "onnx/model.onnx", "onnx/model.onnx_data"]);
  });

  test("says what a repository has not", async () => {
    const { env } = await start({ "config.json": CONFIG });
    await expect(hubFolder(NAME, { env })).rejects.toThrow(
      `${ID}: expected a repository with one of model.safetensors, model.safetensors.index.json, pytorch_model.bin, pytorch_model.bin.index.json, got one without`,
    );
    await expect(hubFolder(NAME, { env, weights: "onnx" })).rejects.toThrow(
      "one of onnx/model.onnx, model.onnx",
    );
    const without = await start({ [FILE]: BODY });
    await expect(hubFolder(NAME, { env: without.env })).rejects.toThrow(
      `${ID}: expected a repository with config.json, got one without`,
    );
    expect(await hubWeights(NAME, { env: without.env })).toContain(FILE);
    await expect(hubFolder({ ...NAME, revision: "v9" }, { env })).rejects.toThrow(
      "got 'v9', which it does not have",
    );
    await expect(hubFolder(NAME, { env: { ...env, HF_HUB_OFFLINE: "1" } })).rejects.toThrow(
      "expected config.json in the cache",
    );
    await expect(hubFolder(NAME, { env, weights: "none", files: [], optional: [] })).rejects.toThrow(
      "got none",
    );
  });

  test("refuses an index that names a file outside of its folder", async () => {
    const index = Buffer.from('{"weight_map": {"a": "../../../x.safetensors"}}');
    const { env } = await start({ "config.json": CONFIG, "model.safetensors.index.json": index });
    await expect(hubFolder(NAME, { env })).rejects.toThrow(
      'model.safetensors.index.json: weight_map "a": expected the name of a file in the index\' folder, got "../../../x.safetensors"',
    );
  });

  test("is of one commit though the branch moves, and the branch is remembered when all is there", async () => {
    const { hub, env, folder } = await start({ "config.json": CONFIG, ...SHARDED });
    const first = await hubFolder(NAME, { env });
    hub.repositories.set(ID, {
      commit: "f".repeat(40),
      files: { "config.json": CONFIG, ...SHARDED, "new.txt": CONFIG },
    });
    expect(await hubFolder(NAME, { env })).toBe(first);
    Object.assign(hub.storage, { cuts: [10] });
    const brokenOff = { env, files: ["config.json", "new.txt"], retries: 0 };
    hub.repositories.get(ID)!.files["a.safetensors"] = other(11);
    await expect(hubFolder(NAME, brokenOff)).rejects.toThrow("a.safetensors could not be downloaded");
    expect(await hubFolder(NAME, { env })).toBe(first); // whole, as before
    const second = await hubFolder(NAME, brokenOff);
    expect(second).toBe(join(folder, "snapshots", "f".repeat(40)));
    expect(files(second)).toEqual([...Object.keys(SHARDED), "config.json", "new.txt"].sort());
    expect(readFileSync(join(folder, "refs", "main"), "utf8")).toBe("f".repeat(40));
    expect(files(join(folder, "blobs"))).toHaveLength(5); // a.safetensors has changed
  });

  test("is used without the network though nobody knows whether it lacks a file that may be absent", async () => {
    const { env, folder } = await start();
    const path = await hubFolder(NAME, { env });
    await rm(join(folder, ".no_exist"), { recursive: true });
    expect(await hubFolder(NAME, { env: { ...env, HF_ENDPOINT: "http://127.0.0.1:9" } })).toBe(path);
  });
});
