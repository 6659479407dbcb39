import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Fields of a `package.json` that the scripts and tests read. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly keywords?: readonly string[];
  readonly sideEffects?: boolean | readonly string[];
  readonly exports: Record<string, string | Record<string, string>>;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

/** A package of this repository. */
export interface WorkspacePackage {
  readonly name: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The repository's folder. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

/** The packages that are published: every folder of `packages/`, in alphabetical order. */
export function publicPackages(): WorkspacePackage[] {
  return readdirSync(join(root, "packages"))
    .sort()
    .map((entry) => join(root, "packages", entry))
    .filter((folder) => existsSync(join(folder, "package.json"))) // a package that moved may leave its node_modules
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
      return { name: manifest.name, folder, manifest };
    })
    .filter(({ manifest }) => !manifest.private);
}
