// `npx pnpm@12 run docs` (`pnpm docs` is a command of pnpm itself): the API of all packages, into the site's
// folder docs/.vitepress/dist/api, after VitePress has built the pages.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Application, type NormalizedPath, type TypeDocOptions } from "typedoc";
import { publicPackages, root, type WorkspacePackage } from "./packages.ts";

/** Packages whose types are computed with helper types that nobody names. */
const COMPUTED = ["kernel-contract", "known-options"];

/** The READMEs' links to folders of the repository lead out of the site. */
const VALIDATION = { invalidPath: false };

const folder = mkdtempSync(join(tmpdir(), "deit-docs-"));
try {
  const converted: string[] = [];
  for (const one of publicPackages()) converted.push(await convert(one));
  const app = await typedoc({
    name: "deit-tfjs",
    entryPointStrategy: "merge",
    entryPoints: converted,
    readme: join(root, "README.md"),
    out: join(root, "docs/.vitepress/dist/api"),
    githubPages: false,
  });
  const project = await app.convert();
  if (project) {
    app.validate(project);
    await app.generateOutputs(project);
  }
  exitCodeOf(app);
} finally {
  rmSync(folder, { recursive: true });
}

/** Reads what a package exports, from source, and returns the path of the result. */
async function convert({ name, folder: source, manifest }: WorkspacePackage): Promise<string> {
  const doors = Object.values(manifest.exports).flatMap((door) =>
    typeof door === "string" ? [] : [join(source, door["@deit/source"]!)],
  );
  const app = await typedoc({
    name,
    entryPoints: doors,
    validation: { ...VALIDATION, notExported: !COMPUTED.includes(name) },
    readme: join(source, "README.md"),
    tsconfig: join(source, "tsconfig.json"),
    skipErrorChecking: true, // `check:types` does it
  });
  const project = await app.convert();
  if (!project) throw new Error(`docs: TypeDoc could not read ${source}`);
  app.validate(project);
  exitCodeOf(app);
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(app.serializer.projectToObject(project, root as NormalizedPath)));
  return path;
}

function typedoc(options: TypeDocOptions): Promise<Application> {
  return Application.bootstrap({
    ...{ logLevel: "Warn", disableSources: true, validation: VALIDATION },
    // A package is read by itself: what its comments link to in a sibling is found when all are merged.
    externalSymbolLinkMappings: Object.fromEntries(publicPackages().map(({ name }) => [name, { "*": "#" }])),
    ...options,
  });
}

function exitCodeOf(app: Application): void {
  if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exitCode = 1;
}
