// The CDN esm.sh on this machine, for the packages of a folder. It does what the server's source says (release 137_6), faults included:
// https://github.com/esm-dev/esm.sh/blob/acf7f6d0/server/build.go
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";

/** An answer of the CDN. */
export interface CdnAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
}

interface Manifest {
  readonly version: string;
  readonly imports?: Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Its stand-in for Node's `process`, which every module gets that mentions `process`: it claims to be Node. */
const PROCESS = 'export default { env: {}, versions: { node: "22.14.0" } };';
/** Conditions that it looks for in a package's `imports`, each at the top only, and only where it is a string. */
const CONDITIONS = ["browser", "module", "import", "default"];

const script = (body: string): CdnAnswer => ({ status: 200, type: "text/javascript", body });
const failure = (status: number, body: string): CdnAnswer => ({ status, type: "text/plain", body });

/** Answers a request to `https://esm.sh`. @param modules - A `node_modules` whose packages are installed side by side. */
export async function esmSh(modules: string, address: string): Promise<CdnAnswer> {
  const { pathname, searchParams } = new URL(address);
  if (pathname === "/node/process.mjs") return script(PROCESS);
  if (pathname.startsWith("/node/")) return script("export default {};");
  const [, name = "", range, sub = ""] =
    /^\/((?:@[^/]+\/)?[^/@]+)@([^/]+)(\/.+)?$/.exec(decodeURIComponent(pathname)) ?? [];
  const folder = join(modules, name);
  if (range === undefined || !existsSync(join(folder, "package.json"))) {
    return failure(404, `no package at ${pathname}`);
  }
  if (sub.endsWith(".wasm") || searchParams.has("raw")) {
    const file = join(folder, sub);
    if (!existsSync(file)) return failure(404, `no file at ${pathname}`);
    const type = sub.endsWith(".wasm") ? "application/wasm" : "text/javascript";
    return { status: 200, type, body: readFileSync(file) };
  }
  const { version } = manifestOf(folder);
  if (range !== version) {
    const query = searchParams.size === 0 ? "" : `?${decodeURIComponent(String(searchParams))}`;
    return script(`export * from "/${name}@${version}${sub}${query}";`);
  }
  const external = searchParams.get("external")?.split(",") ?? [];
  try {
    return script(await moduleOf({ modules, name, sub, external, whole: searchParams.has("bundle") }));
  } catch (error) {
    return failure(500, String(error));
  }
}

/** A module to make of a package: `sub` of `name`, with its dependencies in it if it is `whole`. */
interface Wanted {
  readonly modules: string;
  readonly name: string;
  readonly sub: string;
  readonly external: readonly string[];
  readonly whole: boolean;
}

async function moduleOf(wanted: Wanted): Promise<string> {
  const { modules, name, sub, external } = wanted;
  const { outputFiles } = await build({
    stdin: { contents: `export * from "${name}${sub}";`, resolveDir: modules },
    ...{
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      target: "es2022",
      logLevel: "silent",
    },
    define: { process: "__Process$" },
    plugins: [addresses(wanted)],
  });
  const { text } = outputFiles[0]!;
  if (!text.includes("__Process$")) return text;
  const from = external.includes("node:process") ? "node:process" : "/node/process.mjs";
  return `import __Process$ from "${from}";\n${text}`;
}

/** Writes the addresses of other packages into a module. */
function addresses({ modules, name, sub, external, whole }: Wanted): Plugin {
  const own = manifestOf(join(modules, name));
  return {
    name: "addresses",
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ path, importer }) => {
        if (importer === "<stdin>") return undefined; // the module itself
        const target = path.startsWith("#") ? targetOf(own, path) : path;
        if (target.startsWith("./")) return { path: join(modules, name, target) };
        const [, other = "", rest = ""] = /^((?:@[^/]+\/)?[^/]+)(\/.+)?$/.exec(target)!;
        if (external.includes(other)) return { path: target, external: true };
        if (other === name && rest === sub) return undefined;
        if (whole && own.peerDependencies?.[other] === undefined) return undefined;
        const version = other === name ? own.version : own.dependencies?.[other];
        const range = version ?? own.peerDependencies?.[other] ?? "latest";
        const kept = external.filter((one) => needs(modules, other).has(one)).sort();
        const query = kept.length === 0 ? "" : `?external=${kept}`;
        return { path: `/${other}@${encodeURIComponent(range)}${rest}${query}`, external: true };
      });
    },
  };
}

/** What a name of a package's `imports` stands for. */
function targetOf({ imports = {} }: Manifest, specifier: string): string {
  const found = imports[specifier];
  if (typeof found === "string") return found;
  const target = CONDITIONS.map((condition) => found?.[condition]).find((it) => typeof it === "string");
  // A relative one it would take from the importing file's folder.
  if (typeof target !== "string" || target.startsWith("."))
    throw new Error(`esm.sh does not find ${specifier}`);
  return target;
}

/** Names of all packages that a package needs, through others too. */
function needs(modules: string, name: string, found = new Set<string>()): Set<string> {
  if (!existsSync(join(modules, name, "package.json"))) return found;
  const { dependencies, peerDependencies } = manifestOf(join(modules, name));
  for (const other of Object.keys({ ...dependencies, ...peerDependencies })) {
    if (found.size !== found.add(other).size) needs(modules, other, found);
  }
  return found;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}
