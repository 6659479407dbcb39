import { join, relative, sep } from "node:path";
import ts from "typescript";
import { publicPackages, root, type WorkspacePackage } from "../../scripts/packages.ts";
import { type Block, homeOf } from "./blocks.ts";
import { names } from "./names.ts";

/** A block as a module: what it may use without an import is imported in front of its first line. */
export interface ExampleModule {
  readonly block: Block;
  /** Where the module would lie: its imports are resolved from there. */
  readonly path: string;
  readonly text: string;
}

const NAMES = join(root, "test/examples/names.ts");
const NAMED: Readonly<Record<string, object>> = names;
const TFJS: Readonly<Record<string, string>> = {
  tf: "@tensorflow/tfjs-core",
  tfl: "@tensorflow/tfjs-layers",
};

/** As a user's: strict, and no more. */
const OPTIONS: ts.CompilerOptions = {
  ...{ target: ts.ScriptTarget.ES2023, lib: ["lib.es2023.d.ts", "lib.dom.d.ts"], types: ["node"] },
  ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  ...{ customConditions: ["@deit/source"], allowImportingTsExtensions: true, noEmit: true },
  ...{ strict: true, skipLibCheck: true, typeRoots: [join(root, "node_modules/@types")] },
};

/** A host that reads each file once, for all programs that it makes. */
function cachingHost(modules: readonly ExampleModule[] = []): ts.CompilerHost {
  const host = ts.createCompilerHost(OPTIONS);
  const texts = new Map(modules.map(({ path, text }) => [path, text]));
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.getSourceFile = (path, ...rest) => {
    if (texts.has(path))
      return ts.createSourceFile(path, texts.get(path)!, ...(rest.slice(0, 1) as [ts.ScriptTarget]));
    if (!sources.has(path)) sources.set(path, getSourceFile(path, ...rest));
    return sources.get(path);
  };
  return host;
}
const sources = new Map<string, ts.SourceFile | undefined>();

/**
 * Blocks as modules. A Markdown block with imports stands alone; one without continues those before it in its file. An
 * `@example` may use the exports of its package and of its file, `tf` and `tfl`. All but those that stand alone may use the names
 * of `names.ts`.
 */
export function modulesOf(blocks: readonly Block[]): ExampleModule[] {
  const exported = exportReader(blocks);
  const bindings = new Map<string, { path: string; bound: Set<string> }[]>();
  return blocks.map((block) => {
    const home = homeOf(block.path);
    const path = join(
      home,
      `${relative(home, join(root, block.path)).replaceAll(/[/\\]/g, "+")}+${block.line}.ts`,
    );
    const source = ts.createSourceFile(path, block.code, ts.ScriptTarget.ESNext, true);
    const { bound, toExport } = bindingsOf(source);
    const earlier = bindings.get(block.path) ?? [];
    if (block.kind === "markdown") bindings.set(block.path, [{ path, bound }, ...earlier]);
    const alone = block.kind === "markdown" && source.statements.some(ts.isImportDeclaration);
    const used = alone ? [] : [...identifiersOf(source)].filter((name) => !bound.has(name));
    const preamble = used.map((name) => {
      const before = earlier.find((one) => one.bound.has(name));
      const spec = before?.path ?? exported(block, name);
      if (spec !== undefined) return `import { ${name} } from ${JSON.stringify(spec)};`;
      if (Object.hasOwn(TFJS, name)) return `import * as ${name} from "${TFJS[name]}";`;
      const place = [packageOf(block)?.name ?? "", "any"].find((it) => Object.hasOwn(NAMED[it] ?? {}, name));
      return place && `const ${name} = await $names["${place}"].${name}();`;
    });
    const first = `import { names as $names } from ${JSON.stringify(NAMES)}; ${preamble.filter(Boolean).join(" ")}`;
    return { block, path, text: `${first} ${block.code}\nexport { ${[...toExport].join(", ")} };\n` };
  });
}

/** What is wrong with the types of the modules, a line each, by the line in the documentation. */
export function typeErrors(modules: readonly ExampleModule[]): string[] {
  const paths = modules.map(({ path }) => path);
  const program = ts.createProgram(paths, OPTIONS, cachingHost(modules));
  return modules.flatMap(({ block, path, text }) => {
    const file = program.getSourceFile(path)!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((it) => {
      const line = block.line + text.slice(0, it.start).split("\n").length - 1;
      return `${block.path}:${line}: ${ts.flattenDiagnosticMessageText(it.messageText, "\n")}`;
    });
  });
}

function packageOf({ path }: Block): WorkspacePackage | undefined {
  return publicPackages().find(({ folder }) => join(root, path).startsWith(folder + sep));
}

/** Finds from where a block gets a name: a door of its package, or its own file. */
function exportReader(blocks: readonly Block[]): (block: Block, name: string) => string | undefined {
  const doors = publicPackages().flatMap(({ name, folder, manifest }) =>
    Object.entries(manifest.exports).flatMap(([door, files]) =>
      typeof files === "string"
        ? []
        : [{ owner: folder, spec: name + door.slice(1), file: join(folder, files["@deit/source"]!) }],
    ),
  );
  const own = blocks.filter(({ kind }) => kind === "example").map(({ path }) => join(root, path));
  const program = ts.createProgram([...doors.map(({ file }) => file), ...own], OPTIONS, cachingHost());
  const checker = program.getTypeChecker();
  const exportsOf = (file: string): Set<string> => {
    const symbol = checker.getSymbolAtLocation(program.getSourceFile(file)!);
    return new Set(symbol ? checker.getExportsOfModule(symbol).map(({ name }) => name) : []);
  };
  const tables = doors.map((door) => ({ ...door, exported: exportsOf(door.file) }));
  const files = new Map(own.map((file) => [file, exportsOf(file)]));
  return ({ path }, name) => {
    const file = join(root, path);
    const table = tables.find(({ owner, exported }) => file.startsWith(owner + sep) && exported.has(name));
    return table?.spec ?? (files.get(file)?.has(name) ? file : undefined);
  };
}

/** Names that a module binds at its top: all, and those that it does not export itself. */
function bindingsOf(source: ts.SourceFile): { bound: Set<string>; toExport: Set<string> } {
  const bound = new Set<string>();
  const toExport = new Set<string>();
  const add = (name: ts.BindingName, exported: boolean): void => {
    if (!ts.isIdentifier(name)) {
      for (const element of name.elements) if (ts.isBindingElement(element)) add(element.name, exported);
      return;
    }
    bound.add(name.text);
    if (!exported) toExport.add(name.text);
  };
  for (const statement of source.statements) {
    const exported =
      ts.canHaveModifiers(statement) &&
      (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (ts.isVariableStatement(statement))
      for (const { name } of statement.declarationList.declarations) add(name, exported);
    else if (ts.isImportDeclaration(statement)) {
      const clause = statement.importClause;
      if (clause?.name) add(clause.name, false);
      const named = clause?.namedBindings;
      if (named && ts.isNamespaceImport(named)) add(named.name, false);
      else for (const { name } of named?.elements ?? []) add(name, false);
    } else if (isNamed(statement) && statement.name) add(statement.name, exported);
  }
  return { bound, toExport };
}

function isNamed(
  node: ts.Statement,
): node is ts.FunctionDeclaration | ts.ClassDeclaration | ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  );
}

/** Names that a module may take from outside: all identifiers but those that follow a dot or name a key. */
function identifiersOf(source: ts.SourceFile): Set<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !isKey(node)) found.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isKey({ parent, ...node }: ts.Identifier): boolean {
  if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent))
    return parent.name.pos === node.pos;
  return ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent);
}
