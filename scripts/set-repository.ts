// `npx pnpm@12 run set-repository https://…`: names the repository in every package, without which npm takes no provenance.
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { publicPackages, root } from "./packages.ts";

const [address = ""] = process.argv.slice(2);
if (!/^https:\/\/[^/\s]+\/\S*[^/\s]$/.test(address)) {
  throw new Error(`set-repository: expected the repository's address, https://…, got '${address}'`);
}
for (const { folder } of publicPackages()) {
  const path = join(folder, "package.json");
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  const directory = relative(root, folder).split(sep).join("/");
  manifest.repository = { type: "git", url: `git+${address.replace(/\.git$/, "")}.git`, directory };
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}
