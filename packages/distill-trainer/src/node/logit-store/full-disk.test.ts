import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { logitStore } from "../../node.ts";

const folder = mkdtempSync(join(tmpdir(), "full-disk-"));
const isSmall = mountSmall();
afterAll(() => {
  if (isSmall) execFileSync("umount", [folder]);
  rmSync(folder, { recursive: true, force: true });
});

/** A disk of 64 KiB, where this process may make one. */
function mountSmall(): boolean {
  if (process.platform !== "linux") return false;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test.runIf(isSmall)(
  "a full disk: the error names the file and the reason, and what was stored stays",
  async () => {
    const of = { classes: 100, teacher: "t", views: "v" };
    const rowsOf = (first: number, count: number) =>
      [
        BigUint64Array.from({ length: count }, (_, i) => BigInt(first + i)),
        new Float32Array(count * of.classes).fill(first),
      ] as const;
    const store = logitStore(folder, of);
    await store.add(...rowsOf(1, 10));
    const [name] = readdirSync(folder);
    await expect(store.add(...rowsOf(11, 1000))).rejects.toThrow(
      `logitStore: ${join(folder, name!)}: could not append 1000 rows, 408008 bytes: ENOSPC: no space left on device`,
    );
    expect(store.size).toBe(10);
    expect((await store.find(BigUint64Array.of(10n, 11n))).map((row) => row?.[0])).toEqual([1, undefined]);
    store.close();

    const again = logitStore(folder, of);
    expect(again.size).toBe(10);
    writeFileSync(join(folder, name!), ""); // room again
    await again.add(...rowsOf(11, 10));
    expect(again.size).toBe(20);
    again.close();
  },
);
