import { join } from "node:path";
import ts from "typescript";
import { publicPackages, root } from "../scripts/packages.ts";

/** A parameter of something public that takes an object of plain fields: options, mostly. */
export interface OptionsParameter {
  /** `new AdamW(options)`, `Classifier.compile(args)`. */
  readonly title: string;
  readonly file: string;
  readonly exported: string;
  /** Method of the exported class. */
  readonly method?: string;
  readonly isConstructor: boolean;
  /** Index of the parameter. */
  readonly at: number;
  readonly type: string;
  /** What tells one of several kinds from the others: `{ kind: "mixup" }`. */
  readonly kind: Readonly<Record<string, string>>;
}

/**
 * Every parameter of the functions, classes and methods that the packages export whose type is an interface, or a union of
 * them, of this repository, and has no methods.
 */
export function publicOptions(): OptionsParameter[] {
  const files = publicPackages().flatMap(({ folder, manifest }) =>
    Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === "string" ? [] : [join(folder, entry["@deit/source"]!)],
    ),
  );
  const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(files, { ...options, lib: ["lib.es2023.d.ts"], types: [] });
  const checker = program.getTypeChecker();
  const seen = new Set<ts.Symbol>();
  return files.flatMap((file) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
    return checker.getExportsOfModule(module).flatMap((symbol) => {
      const exported = resolved(symbol, checker);
      if (!(exported.flags & ts.SymbolFlags.Value) || isTypeOnly(symbol) || seen.has(exported)) return [];
      seen.add(exported);
      return callsOf(symbol.name, exported, checker).flatMap(({ signature, ...call }) =>
        signature.getParameters().flatMap((parameter, at) =>
          plainTypes(parameter, checker).map((type) => {
            const { isConstructor, exported, method } = call;
            const callee = `${isConstructor ? "new " : ""}${exported}${method === undefined ? "" : `.${method}`}`;
            const name = checker.typeToString(type);
            return {
              ...call,
              title: `${callee}(${name})`,
              file,
              at,
              type: name,
              kind: kindOf(type, checker),
            };
          }),
        ),
      );
    });
  });
}

const resolved = (symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

const isTypeOnly = ({ declarations = [] }: ts.Symbol): boolean =>
  declarations.some((one) => ts.isExportSpecifier(one) && (one.isTypeOnly || one.parent.parent.isTypeOnly));

const isOurs = ({ declarations = [] }: ts.Symbol): boolean =>
  declarations.some((one) => /\/src\//.test(one.getSourceFile().fileName) && !isForeign(one));
const isForeign = (node: ts.Node): boolean => node.getSourceFile().fileName.includes("/node_modules/");

function callsOf(name: string, symbol: ts.Symbol, checker: ts.TypeChecker) {
  const type = checker.getTypeOfSymbol(symbol);
  const calls = (isConstructor: boolean, signatures: readonly ts.Signature[], method?: string) =>
    signatures.map((signature) => ({
      exported: name,
      isConstructor,
      signature,
      ...(method !== undefined && { method }),
    }));
  const methods =
    symbol.flags & ts.SymbolFlags.Class ? checker.getDeclaredTypeOfSymbol(symbol).getProperties() : [];
  const open = methods.filter((method) => isOurs(method) && isPublic(method));
  return [
    ...calls(false, type.getCallSignatures()),
    ...calls(true, type.getConstructSignatures()),
    ...open.flatMap((one) => calls(false, checker.getTypeOfSymbol(one).getCallSignatures(), one.name)),
  ];
}

function isPublic({ valueDeclaration, name }: ts.Symbol): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const flags =
    valueDeclaration === undefined ? 0 : ts.getCombinedModifierFlags(valueDeclaration as ts.Declaration);
  return (flags & hidden) === 0 && !name.startsWith("__#");
}

/** The types of ours among a parameter's that have fields and no methods. */
function plainTypes(parameter: ts.Symbol, checker: ts.TypeChecker): ts.Type[] {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(parameter));
  return (type.isUnion() ? type.types : [type]).filter((one) => {
    const fields = one.getProperties();
    const isObject = (one.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0;
    const hasMethods = fields.some((field) => (field.flags & ts.SymbolFlags.Method) !== 0);
    return isObject && fields.some(isOurs) && !one.isClass() && !hasMethods && !checker.isArrayLikeType(one);
  });
}

function kindOf(type: ts.Type, checker: ts.TypeChecker): Record<string, string> {
  const literals = type.getProperties().flatMap((field) => {
    if (field.flags & ts.SymbolFlags.Optional) return [];
    const fieldType = checker.getTypeOfSymbol(field);
    const [first] = fieldType.isUnion() ? fieldType.types : [fieldType];
    return first?.isStringLiteral() ? [[field.name, first.value]] : [];
  });
  return Object.fromEntries(literals);
}
