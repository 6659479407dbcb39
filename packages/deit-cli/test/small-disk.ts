import { execFileSync } from "node:child_process";
import { emptyFolder } from "test-kit";
import { onTestFinished } from "vitest";

/** A file system of 64 KiB for this test, where this system lets one be mounted. */
export async function smallDisk(): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  const folder = await emptyFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync("umount", [folder]));
  return folder;
}
