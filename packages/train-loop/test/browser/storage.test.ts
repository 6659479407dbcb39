// Storages of the browser, in Chromium.

import { emptyFolder } from "test-kit";
import {
  bundled,
  type Chromium,
  findChromium,
  launchChromium,
  type Page,
  type PageServer,
  servePages,
} from "test-kit/browser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as Browser from "../../src/browser.ts";

declare const browser: typeof Browser;

const hasChromium = findChromium() !== undefined;
if (!hasChromium) {
  process.stderr.write("storage.test.ts is skipped: no chromium on the PATH (or set CHROMIUM)\n");
}
let server: PageServer;
let chromium: Chromium;

beforeAll(async () => {
  if (!hasChromium) return;
  const script = await bundled(new URL("storage-page.ts", import.meta.url));
  const sandboxed = `<!doctype html><script type="module">${script.replaceAll("</script", "<\\/script")}</script>`;
  server = await servePages({ files: { "/page.js": script, "/sandboxed.html": sandboxed } });
  chromium = await launchChromium();
});
afterAll(async () => {
  await chromium?.close();
  await server?.close();
});

async function openTab({ context } = chromium): Promise<Page> {
  const page = await context.newPage();
  await page.goto(server.url);
  await page.waitForFunction("globalThis.browser");
  return page;
}

/** Runs code with `storage`, and returns its value or the error's message. */
function within(page: Page, made: string, code: string): Promise<unknown> {
  return page.evaluate(`(async () => {
    const { opfsStorage, indexedDbStorage, browserStorage } = browser;
    const bytes = (length, value = 1) => new Uint8Array(length).fill(value);
    const noise = (length) => { // which Chromium cannot compress
      const bytes = new Uint8Array(length);
      for (let i = 0; i < length; i += 65536) crypto.getRandomValues(bytes.subarray(i, i + 65536));
      return bytes;
    };
    const work = async (storage) => { ${code} };
    try {
      return await work(await ${made});
    } catch (error) {
      return error.name + ": " + error.message;
    }
  })()`);
}

/** Runs code with the folder of `opfsStorage("killed")`. */
function inFolder(page: Page, code: string): Promise<unknown> {
  return page.evaluate(`(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("killed");
    ${code}
  })()`);
}

describe.runIf(hasChromium).each(["opfsStorage", "indexedDbStorage"])("%s", (name) => {
  test("stores, replaces, lists, reads and removes entries, and creates nothing to look", async () => {
    const page = await openTab();
    const made = `${name}("runs/first")`;
    expect(await within(page, made, "return storage.list()")).toEqual([]);
    expect(
      await within(page, `${name}("runs")`, "await storage.remove('none'); return storage.list()"),
    ).toEqual([]);
    await within(page, made, "await storage.write('a', bytes(3)); await storage.write('b', bytes(2, 7))");
    await within(page, made, "await storage.write('a', bytes(1e6, 5).subarray(4, 6))"); // without the rest of its buffer
    expect(await within(page, made, "return (await storage.list()).sort()")).toEqual(["a", "b"]);
    expect(
      await within(page, made, "return [...(await storage.read('a')), ...(await storage.read('b'))]"),
    ).toEqual([5, 5, 7, 7]);
    expect(await within(page, made, "return (await storage.read('a')).buffer.byteLength")).toBe(2);
    await within(page, made, "await storage.remove('a'); await storage.remove('a')");
    expect(await within(page, made, "return storage.list()")).toEqual(["b"]);
    expect(await within(page, made, "return storage.read('a')")).toBe(
      `Error: ${name}("runs/first"): expected 'a', got no entry of this name`,
    );
    await page.close();
  });

  test("refuses names that no file has, and nothing to write", async () => {
    const page = await openTab();
    for (const bad of ["", "..", "a/b", "a\\b", "a.crswap", "a\nb", "a\ud800", "x".repeat(201)]) {
      const key = JSON.stringify(bad);
      const refused = `RangeError: ${name}("names"): a checkpoint's name must be a file's, got ${key}`;
      for (const call of [`write(${key}, bytes(1))`, `read(${key})`, `remove(${key})`]) {
        expect(await within(page, `${name}("names")`, `return storage.${call}`)).toBe(refused);
      }
      if (bad === "a/b") continue;
      expect(await within(page, `${name}(${key})`, "return 'made'")).toMatch(
        new RegExp(`^TypeError: ${name}: (path|name) must be names with "/" between them, got `),
      );
    }
    expect(await within(page, `${name}("names")`, "return storage.write('a', bytes(0))")).toBe(
      `RangeError: ${name}("names"): expected bytes for 'a', got none`,
    );
    expect(await within(page, `${name}(3)`, "return 'made'")).toMatch(/got 3$/);
    await page.close();
  });

  test("is locked by one tab, until it unlocks, is closed or crashes", async () => {
    const [first, second] = [await openTab(), await openTab()];
    const locked = (page: Page) =>
      within(page, `${name}("locked")`, "globalThis.unlock = await storage.lock(); return 'locked'");
    const refused = `StorageLockedError: ${name}("locked"): expected a storage that no other training uses, got one in use, in this tab or another; it is free when that training ends or its tab is closed`;
    expect(await locked(first)).toBe("locked");
    expect(await locked(first)).toBe(refused);
    expect(await locked(second)).toBe(refused);
    expect(await within(second, `${name}("other")`, "await (await storage.lock())(); return 'locked'")).toBe(
      "locked",
    );
    await first.evaluate("unlock()");
    expect(await locked(second)).toBe("locked");
    await second.close();
    await expect.poll(() => locked(first)).toBe("locked");
    const third = await openTab();
    await first.goto("chrome://crash").catch(() => {});
    await expect.poll(() => locked(third)).toBe("locked");
    await Promise.all([first.close(), third.close()]);
  });

  test("names what does not fit, and keeps what is there", async () => {
    const small = await launchChromium(); // of its own: Chromium remembers for a while how much is free
    const page = await openTab(small);
    const made = `${name}("full")`;
    const session = await page.context().newCDPSession(page);
    const origin = new URL(server.url).origin;
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 6e6 });
    await within(page, made, "await storage.write('step-1', bytes(1e6))");
    const full = await within(page, made, "await storage.write('step-2', noise(2e7))");
    expect(full).toMatch(
      new RegExp(
        `^Error: ${name}\\("full"\\): the browser has no room for 'step-2', which needs 20\\.0 MB; this site keeps \\d\\.\\d MB, and is refused more although \\d+\\.\\d MB were promised$`,
      ),
    );
    const replaced = await within(page, made, "await storage.write('step-1', noise(2e7))");
    expect(replaced).toContain("no room for 'step-1'");
    expect(await within(page, made, "return storage.list()")).toEqual(["step-1"]);
    expect(
      await within(
        page,
        made,
        "const { length, 999999: last } = await storage.read('step-1'); return [length, last]",
      ),
    ).toEqual([1e6, 1]);
    await small.close();
  });
});

describe.runIf(hasChromium)("opfsStorage", () => {
  test("does not list what a killed write leaves, and the next run removes it", async () => {
    const profile = await emptyFolder();
    const killed = await launchChromium({ profile });
    const before = await openTab(killed);
    await within(before, 'opfsStorage("killed")', "await storage.write('a', bytes(10))");
    await inFolder(
      before,
      `for (const name of ["a", "b"]) {
        const file = await folder.getFileHandle(name, { create: true });
        await (await file.createWritable()).write(new Uint8Array(1000));
      }`,
    );
    await killed.kill();
    const next = await launchChromium({ profile });
    const page = await openTab(next);
    const names =
      "const names = []; for await (const name of folder.keys()) names.push(name); return names.sort()";
    expect(await inFolder(page, names)).toEqual(["a", "a.crswap", "b", "b.crswap"]);
    expect(await within(page, 'opfsStorage("killed")', "return storage.list()")).toEqual(["a"]);
    await within(page, 'opfsStorage("killed")', "await (await storage.lock())()");
    expect(await inFolder(page, names)).toEqual(["a"]);
    expect(await within(page, 'opfsStorage("killed")', "return (await storage.read('a')).length")).toBe(10);
    await next.close();
  });

  test("says what the browser lacks", async () => {
    const page = await openTab();
    await page.evaluate("delete FileSystemFileHandle.prototype.createWritable");
    expect(await within(page, 'opfsStorage("x")', "return 'made'")).toBe(
      "Error: opfsStorage: expected a browser that replaces files as a whole (FileSystemFileHandle.createWritable), got one without; use browserStorage",
    );
    await page.close();
  });
});

describe.runIf(hasChromium)("browserStorage", () => {
  const kindOf = (page: Page, name = "both/1") =>
    within(page, `browserStorage("${name}")`, "return storage.kind");

  test("takes files where they can be replaced, else IndexedDB, or what it took before", async () => {
    const page = await openTab();
    expect(await kindOf(page)).toBe("opfs");
    await page.evaluate(
      "globalThis.kept = FileSystemFileHandle.prototype.createWritable; delete FileSystemFileHandle.prototype.createWritable",
    );
    expect(await kindOf(page)).toBe("indexeddb"); // makes an empty database
    expect(await kindOf(page, "both/2")).toBe("indexeddb");
    await within(page, 'browserStorage("both/2")', "await storage.write('a', bytes(1))");
    await page.evaluate("FileSystemFileHandle.prototype.createWritable = kept");
    expect(await kindOf(page)).toBe("opfs");
    expect(await kindOf(page, "both/2")).toBe("indexeddb");
    await within(page, 'opfsStorage("both/2")', "await storage.write('b', bytes(1))");
    expect(await kindOf(page, "both/2")).toBe("opfs");
    expect(await kindOf(page, "..")).toMatch(/^TypeError: browserStorage: name must be names with/);
    await page.close();
  });

  test("says so where nothing can be kept", async () => {
    const page = await openTab();
    await page.evaluate(
      `document.body.innerHTML = '<iframe sandbox="allow-scripts" src="/sandboxed.html"></iframe>'`,
    );
    const frame = await (await page.waitForSelector("iframe")).contentFrame();
    await frame!.waitForFunction("globalThis.browser");
    expect(await within(frame as unknown as Page, 'browserStorage("x")', "return storage.kind")).toMatch(
      /^Error: browserStorage: expected a page that may keep data, got one that may not, as in some private windows \(opfsStorage\("x"\): its entries could not be listed: SecurityError: .+; indexedDbStorage\("x"\): its entries could not be listed: SecurityError: .+\)$/,
    );
    await page.close();
  });
});
