// `npx pnpm@12 run docs` (`pnpm docs` is a command of pnpm itself): the API of all packages, into the site's
// folder docs/.vitepress/dist/api, after VitePress has built the pages.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Application, type NormalizedPath, type TypeDocOptions } from "typedoc";
import { publicPackages, root, type WorkspacePackage } from "./packages.ts";
import { deadLinks, readmeForSite } from "./site-links.ts";

/** Packages whose types are computed with helper types that nobody names. */
const COMPUTED = ["kernel-contract", "known-options"];

/** The READMEs' links are those of the site, and checked on it. */
const VALIDATION = { invalidPath: false };
const site = join(root, "docs/.vitepress/dist");

const folder = mkdtempSync(join(tmpdir(), "deit-docs-"));
try {
  const converted: string[] = [];
  for (const one of publicPackages()) converted.push(await convert(one));
  const app = await typedoc({
    name: "deit-tfjs",
    entryPointStrategy: "merge",
    entryPoints: converted,
    readme: "none",
    out: join(site, "api"),
    navigationLinks: { Guides: "/guide/one-layer.html" },
    customCss: join(root, "docs/.vitepress/api.css"),
    githubPages: false,
  });
  const project = await app.convert();
  if (project) {
    app.validate(project);
    await app.generateOutputs(project);
  }
  exitCodeOf(app);
  const dead = deadLinks(site);
  if (dead.length > 0) throw new Error(`docs: ${dead.length} dead links\n${dead.join("\n")}`);
} finally {
  rmSync(folder, { recursive: true });
}

/** Reads what a package exports, from source, and returns the path of the result. */
async function convert({ name, folder: source, manifest }: WorkspacePackage): Promise<string> {
  const doors = Object.values(manifest.exports).flatMap((door) =>
    typeof door === "string" ? [] : [join(source, door["@deit/source"]!)],
  );
  const readme = join(folder, `${name}.md`);
  writeFileSync(readme, readmeForSite(source));
  const app = await typedoc({
    name,
    entryPoints: doors,
    validation: { ...VALIDATION, notExported: !COMPUTED.includes(name) },
    readme,
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
