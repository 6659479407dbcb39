import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/**
 * Compares a file with the hash that its etag is: the SHA-256 of large files, Git's SHA-1 of small ones. Another server's etag may be a
 * plain SHA-1, or no hash.
 *
 * @returns What is wrong, or `undefined`.
 */
export async function wrongHash(path: string, size: number, etag: string): Promise<string | undefined> {
  const kinds = /^[\da-f]{64}$/.test(etag) ? ["sha256"] : /^[\da-f]{40}$/.test(etag) ? ["git", "sha1"] : [];
  if (kinds.length === 0) return undefined;
  const hashes = kinds.map((kind) => {
    if (kind !== "git") return createHash(kind);
    return createHash("sha1").update(`blob ${size}\0`);
  });
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 }))
    for (const hash of hashes) hash.update(piece as Buffer);
  const digests = hashes.map((hash) => hash.digest("hex"));
  if (digests.includes(etag)) return undefined;
  return `expected ${kinds[0] === "git" ? "Git's SHA-1" : "SHA-256"} ${etag}, got ${digests[0]}`;
}
