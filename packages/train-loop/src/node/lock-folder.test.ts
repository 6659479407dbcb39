import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { emptyFolder } from "test-kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FolderLockedError, lockFolder } from "./lock-folder.ts";

const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
let folder: string;
const children: ChildProcessWithoutNullStreams[] = [];

beforeEach(async () => {
  folder = await emptyFolder();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** A process that locks the folder at `at` (ms since 1970), says "locked" or "refused", and then computes without a pause. */
async function locker(at = 0): Promise<{ answer: Promise<string>; child: ChildProcessWithoutNullStreams }> {
  const module = new URL("./lock-folder.ts", import.meta.url).href;
  const program = `
    import { lockFolder } from ${JSON.stringify(module)};
    console.log("ready");
    while (Date.now() < ${at});
    const answer = await lockFolder(${JSON.stringify(folder)}).then(() => "locked", (error) => error.name);
    console.log(answer);
    if (answer === "locked") { setImmediate(() => { for (;;); }); setInterval(() => {}, 1000); }
  `;
  const child = spawn(process.execPath, ["--import", TSX, "--input-type=module", "-e", program]);
  children.push(child);
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  child.stderr.on("data", (text) => (said += text));
  const line = (index: number): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => {
        const lines = said.split("\n");
        if (lines.length > index + 1) resolve(lines[index]!);
        else setTimeout(look, 5);
      };
      look();
    });
  await line(0);
  return { answer: line(1), child };
}

test("a folder is locked once, and given back", async () => {
  const unlock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toThrow(FolderLockedError);
  await expect(lockFolder(join(folder, "."))).rejects.toThrow(`got '${folder}`);
  await unlock();
  await unlock();
  await (await lockFolder(folder))();
  expect(await readdir(folder)).toEqual([]);
});

test("a folder that is not there yet is made", async () => {
  await (await lockFolder(join(folder, "a", "b")))();
  expect(await readdir(join(folder, "a"))).toEqual(["b"]);
});

test("a process that computes has its folder, and one that was killed has it no more", async () => {
  const { answer, child } = await locker();
  expect(await answer).toBe("locked");
  await expect(lockFolder(folder)).rejects.toThrow(FolderLockedError);
  child.kill("SIGKILL");
  await new Promise((resolve) => child.on("close", resolve));
  expect(await readdir(folder)).toEqual([".lock-1"]);
  await (await lockFolder(folder))();
  expect(await readdir(folder)).toEqual([]);
});

test("a path that is too long for a socket is locked all the same", async () => {
  const long = join(folder, "a".repeat(100), "b".repeat(100));
  const unlock = await lockFolder(long);
  await expect(lockFolder(long)).rejects.toThrow(FolderLockedError);
  await unlock();
  await (await lockFolder(long))();
});

test("other files, and what looks like a lock, are left alone", async () => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, ".lock-x"), "mine");
  await writeFile(join(folder, ".lock-7"), "mine");
  await (await lockFolder(folder))();
  expect((await readdir(folder)).sort()).toEqual([".lock-7", ".lock-x"]);
});

test("of processes that ask at the same moment exactly one gets the folder", async () => {
  for (let round = 0; round < 4; round++) {
    const at = Date.now() + 3000;
    const lockers = await Promise.all(Array.from({ length: 3 }, () => locker(at)));
    const answers = await Promise.all(lockers.map(({ answer }) => answer));
    expect(answers.filter((answer) => answer === "locked")).toHaveLength(1);
    for (const { child } of lockers) child.kill("SIGKILL");
  }
});
