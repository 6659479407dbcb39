import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claim } from "./claim.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "claim-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a folder is one process' until it lets go", async () => {
  const release = await claim(folder);
  expect(readFileSync(join(folder, "running"), "utf8")).toBe(`${process.pid}\n`);
  await expect(claim(folder)).rejects.toThrow(
    `--resume: expected a run that is not being trained, got '${folder}', which process ${process.pid} trains`,
  );
  await release();
  expect(existsSync(join(folder, "running"))).toBe(false);
  await (await claim(folder))();
});

test("what a dead process or a crash has left is taken over", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  for (const left of [`${child.pid}\n`, ""]) {
    writeFileSync(join(folder, "running"), left);
    await (await claim(folder))();
  }
});
