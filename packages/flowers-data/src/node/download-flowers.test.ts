import { createHash } from "node:crypto";
import { readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { folderOf } from "test-kit";
import { afterEach, describe, expect, test } from "vitest";
import { downloadFlowers, FLOWER_PHOTOS } from "../node.ts";

const BODY = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3));
const SHA = createHash("sha256").update(BODY).digest("hex");
type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A server on this machine; `asked` holds the ranges asked for. */
async function serve(handler: Handler): Promise<{ url: string; asked: (string | undefined)[] }> {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.range);
    handler(request, response, asked.length);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/flower_photos.tgz`, asked };
}

/** Answers with the whole or the range asked for, and breaks the connection after `limit` bytes. */
const ranged = (response: ServerResponse, range: string | undefined, limit = Infinity): void => {
  const from = Number(/bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
  const headers = {
    "content-length": BODY.length - from,
    "content-range": `bytes ${from}-${BODY.length - 1}/${BODY.length}`,
  };
  response.writeHead(from > 0 ? 206 : 200, headers);
  if (from + limit >= BODY.length) response.end(BODY.subarray(from));
  else response.write(BODY.subarray(from, from + limit), () => setTimeout(() => response.destroy(), 30));
};

const options = (url: string, cacheDir: string) => ({ url, cacheDir, size: BODY.length, sha256: SHA });

describe("downloadFlowers", () => {
  test("fetches once, reports progress, and finds the archive in the cache later", async () => {
    const { url, asked } = await serve((request, response) => ranged(response, request.headers.range));
    const cacheDir = join(await folderOf({}), "made", "for", "it");
    const seen: number[] = [];
    const path = await downloadFlowers({
      ...options(url, cacheDir),
      onProgress: (p) => seen.push(p.received),
    });
    expect(await readFile(path)).toEqual(BODY);
    expect(seen.at(-1)).toBe(BODY.length);
    expect(await downloadFlowers(options(url, cacheDir))).toBe(path);
    expect(asked.length).toBe(1);
    expect(await readdir(cacheDir)).toEqual(["flower_photos.tgz"]);
  });

  test("goes on where a connection broke, within a call", async () => {
    const { url, asked } = await serve((request, response) =>
      ranged(response, request.headers.range, 120_000),
    );
    const path = await downloadFlowers(options(url, await folderOf({})));
    expect(await readFile(path)).toEqual(BODY);
    expect(asked.length).toBe(3);
    expect(asked[1]).toMatch(/^bytes=[1-9]/);
  });

  test("keeps what arrived when it gives up, and a later call goes on from there", async () => {
    const { url, asked } = await serve((request, response, count) =>
      ranged(response, request.headers.range, count === 1 ? 100_000 : Infinity),
    );
    const cacheDir = await folderOf({});
    await expect(downloadFlowers({ ...options(url, cacheDir), retries: 0 })).rejects.toThrow(
      /kept: run again to resume/,
    );
    expect(await readdir(cacheDir)).toEqual(["flower_photos.tgz.part"]);
    expect(await readFile(await downloadFlowers(options(url, cacheDir)))).toEqual(BODY);
    expect(asked[1]).toMatch(/^bytes=[1-9]/);
  });

  test("starts again from a server that knows no ranges", async () => {
    const { url } = await serve((_, response) => void response.end(BODY));
    const cacheDir = await folderOf({ "flower_photos.tgz.part": BODY.subarray(0, 1000) });
    expect(await readFile(await downloadFlowers(options(url, cacheDir)))).toEqual(BODY);
  });

  test("follows redirects", async () => {
    const { url } = await serve((request, response) => {
      if (request.url === "/moved.tgz") ranged(response, request.headers.range);
      else response.writeHead(302, { location: "/moved.tgz" }).end();
    });
    expect(await readFile(await downloadFlowers(options(url, await folderOf({}))))).toEqual(BODY);
  });

  test("refuses a wrong hash and leaves nothing behind", async () => {
    const { url } = await serve((_, response) => void response.end(Buffer.alloc(BODY.length)));
    const cacheDir = await folderOf({});
    await expect(downloadFlowers(options(url, cacheDir))).rejects.toThrow(`expected SHA-256 ${SHA}, got `);
    expect(await readdir(cacheDir)).toEqual([]);
  });

  test("refuses a file that is too long, and one that ends early", async () => {
    const { url } = await serve(
      (request, response) =>
        void response.end(
          request.url === "/flower_photos.tgz" ? Buffer.concat([BODY, BODY]) : BODY.subarray(0, 5),
        ),
    );
    const cacheDir = await folderOf({});
    await expect(downloadFlowers(options(url, cacheDir))).rejects.toThrow(
      `expected ${BODY.length} bytes, got more`,
    );
    expect(await readdir(cacheDir)).toEqual([]);
    const short = downloadFlowers({ ...options(`${url}.short`, cacheDir), retries: 1 });
    await expect(short).rejects.toThrow(/the connection broke at 5 \(kept/);
  });

  test("names the status of a server that has no such file, and does not try again", async () => {
    const { url, asked } = await serve((_, response) => void response.writeHead(404).end());
    await expect(downloadFlowers(options(url, await folderOf({})))).rejects.toThrow(
      "expected status 200 or 206, got 404",
    );
    expect(asked.length).toBe(1);
  });

  test("names the folder where there is no room, or where none can be made", async () => {
    const cacheDir = await folderOf({ file: "x" });
    const huge = { url: "http://127.0.0.1:9/x.tgz", size: 2 ** 60, sha256: SHA, cacheDir };
    await expect(downloadFlowers(huge)).rejects.toThrow(`${cacheDir}: expected ${2 ** 60} bytes free, got `);
    await expect(downloadFlowers({ ...huge, cacheDir: join(cacheDir, "file", "in") })).rejects.toThrow(
      "not a folder",
    );
  });

  test("stops when it is told to", async () => {
    const { url } = await serve((request, response) => ranged(response, request.headers.range, 1000));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(downloadFlowers({ ...options(url, await folderOf({})), signal })).rejects.toThrow("enough");
  });

  test("takes up a part that is whole already", async () => {
    const cacheDir = await folderOf({});
    await writeFile(join(cacheDir, "flower_photos.tgz.part"), BODY);
    const { url, asked } = await serve((_, response) => void response.end(BODY));
    expect(await readFile(await downloadFlowers(options(url, cacheDir)))).toEqual(BODY);
    expect(asked.length).toBe(0);
  });

  test("verifies the cached file in every call, and leaves another file of that name alone", async () => {
    const { url, asked } = await serve((request, response) => ranged(response, request.headers.range));
    const cacheDir = await folderOf({});
    const path = await downloadFlowers(options(url, cacheDir));
    const { atime, mtime } = await stat(path);
    const damaged = Buffer.from(BODY);
    damaged[150_000]! ^= 1;
    await writeFile(path, damaged);
    await utimes(path, atime, mtime); // nothing but the content tells
    const wrong = `flower_photos.tgz: expected 300000 bytes with SHA-256 ${SHA}, got SHA-256 `;
    await expect(downloadFlowers(options(url, cacheDir))).rejects.toThrow(wrong);
    await writeFile(path, "somebody's own");
    await expect(downloadFlowers(options(url, cacheDir))).rejects.toThrow(
      "got 14 bytes; remove it to have it downloaded",
    );
    expect(await readFile(path, "utf8")).toBe("somebody's own");
    expect(asked.length).toBe(1);
  });

  test.each(["/proc/none/cache", "/dev/null/cache", "/proc/self/none"])(
    "says at once that no cache can be made in %s",
    async (cacheDir) => {
      const somewhere = { url: "http://127.0.0.1:9/x.tgz", size: 10, sha256: SHA, cacheDir };
      await expect(downloadFlowers(somewhere)).rejects.toThrow(`downloadFlowers: ${cacheDir}: `);
    },
  );

  test("says that no cache can be made behind a link to nothing", async () => {
    const root = await folderOf({});
    await symlink(join(root, "nothing", "there"), join(root, "cache"));
    const somewhere = {
      url: "http://127.0.0.1:9/x.tgz",
      size: 10,
      sha256: SHA,
      cacheDir: join(root, "cache"),
    };
    await expect(downloadFlowers(somewhere)).rejects.toThrow("choose another folder for the cache");
  });

  test("asks for tf_flowers over HTTPS, and refuses options that do not fit", async () => {
    expect(new URL(FLOWER_PHOTOS.url).protocol).toBe("https:");
    await expect(downloadFlowers({ cachedir: "x" } as object)).rejects.toThrow("did you mean 'cacheDir'?");
    await expect(downloadFlowers({ sha256: "x" })).rejects.toThrow("sha256 must be a SHA-256 as 64");
  });
});
