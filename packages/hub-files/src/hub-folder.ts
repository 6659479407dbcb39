import { join, posix } from "node:path";
import { type Checks, check, oneOf, optional, requireArguments, requireOptions } from "known-options";
import { cachedCommit, cachedFile, isKnownAbsent, rememberCommit, snapshotFolder } from "./cache.ts";
import { type Environment, isOffline } from "./environment.ts";
import { askCommit, bring } from "./hub-file.ts";
import { HUB_NAME, type HubName, shownName } from "./hub-name.ts";
import { HUB_CHECKS, type HubOptions, isFileName } from "./options.ts";
import { AbsentFile } from "./problems.ts";
import { CANDIDATES, type HubWeights, shardsOf } from "./weights.ts";

/** Options of {@link hubFolder}. */
export interface HubFolderOptions extends HubOptions {
  /**
   * Weights to bring. Default `"torch"`: the first that there is of `model.safetensors`, `model.safetensors.index.json` with its
   * files, `pytorch_model.bin`, `pytorch_model.bin.index.json` with its files. `"onnx"`: `onnx/model.onnx` or `model.onnx`, with
   * external data if there is any. `"any"`: those of `"torch"`, else of `"onnx"`.
   */
  readonly weights?: HubWeights | "none";
  /** Other files that must be there. Default `["config.json"]`. */
  readonly files?: readonly string[];
  /** Files that are brought if the repository has them. Default `["preprocessor_config.json"]`. */
  readonly optional?: readonly string[];
}

const FILES = check(
  "names of files",
  (value) => Array.isArray(value) && value.every((one) => typeof one === "string" && isFileName(one)),
);
const CHECKS: Checks<HubFolderOptions> = {
  ...HUB_CHECKS,
  weights: optional(oneOf("torch", "onnx", "any", "none")),
  files: optional(FILES),
  optional: optional(FILES),
};

/**
 * Brings a model's folder into the cache: `config.json`, `preprocessor_config.json` if there is one, and the weights. All files are of
 * one commit. What is in the cache is not asked for again.
 *
 * @returns The folder, `snapshots/<commit>` in the cache, in which other files of the repository may be too.
 * @throws As {@link hubFile}; Error that names what the repository has not.
 *
 * @example
 * ```ts norun
 * const folder = await hubFolder(hubName("hf:facebook/deit-tiny-distilled-patch16-224")!);
 * const forOnnx = await hubFolder(hubName("hf:Xenova/vit-base-patch16-224")!, { weights: "onnx" });
 * ```
 */
export async function hubFolder(name: HubName, options: HubFolderOptions = {}): Promise<string> {
  requireOptions("hubFolder", options, CHECKS);
  requireArguments("hubFolder", { name }, { name: HUB_NAME });
  const {
    weights = "torch",
    files = ["config.json"],
    optional: more = ["preprocessor_config.json"],
  } = options;
  if (weights === "none" && files.length + more.length === 0)
    throw new RangeError("hubFolder: expected files or weights to bring, got none");
  return (await bringAll(name, { weights, files, more }, options)).folder;
}

/**
 * Brings a model's weights into the cache and returns the path of their file or index, for `openWeightsFile` of `named-weights`. Which
 * are taken: see {@link HubFolderOptions.weights}.
 *
 * @throws As {@link hubFolder}.
 *
 * @example
 * ```ts norun
 * const path = await hubWeights(hubName("hf:timm/deit_tiny_patch16_224.fb_in1k")!);
 * ```
 */
export async function hubWeights(name: HubName, options: HubOptions = {}): Promise<string> {
  requireOptions("hubWeights", options, HUB_CHECKS);
  requireArguments("hubWeights", { name }, { name: HUB_NAME });
  return (await bringAll(name, { weights: "torch", files: [], more: [] }, options)).weights!;
}

/**
 * Returns the path that {@link hubWeights} would return, without the network.
 *
 * @returns `undefined` if the weights are not in the cache, or not all their files.
 *
 * @example
 * console.log(cachedHubWeights(hubName("hf:none/such")!)); // undefined
 */
export function cachedHubWeights(name: HubName, options: Pick<HubOptions, "env"> = {}): string | undefined {
  const { env = process.env } = requireOptions("cachedHubWeights", options, { env: HUB_CHECKS.env });
  requireArguments("cachedHubWeights", { name }, { name: HUB_NAME });
  return cachedWeights(name.id, cachedCommit(name, env), "torch", env);
}

/** What a folder must have. */
interface Needed {
  readonly weights: HubWeights | "none";
  readonly files: readonly string[];
  /** Files that may be absent. */
  readonly more: readonly string[];
}

interface Folder {
  readonly folder: string;
  /** File or index with the weights. */
  readonly weights: string | undefined;
}

async function bringAll(name: HubName, needed: Needed, options: HubOptions): Promise<Folder> {
  const { env = process.env } = options;
  const { id } = name;
  const cached = cachedFolder(id, cachedCommit(name, env), needed, env);
  if (cached !== undefined && (cached.isSure || isOffline(env))) return cached;
  const candidates = needed.weights === "none" ? [] : CANDIDATES[needed.weights];
  const files = [...needed.files, ...candidates.map(({ file }) => file), ...needed.more];
  const first =
    files.find((file) => cachedFile(id, cachedCommit(name, env), file, env) === undefined) ?? files[0]!;
  let commit: string;
  try {
    commit = await askCommit(name, first, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (cached !== undefined) return cached; // all is there but what may be absent
    throw error;
  }
  const fetch = async (file: string): Promise<string> =>
    cachedFile(id, commit, file, env) ?? (await bring(name, file, options, commit)).path;
  const isThere = async (file: string): Promise<boolean> => {
    if (isKnownAbsent(id, commit, file, env)) return false;
    return fetch(file).then(
      () => true,
      (error: unknown) => {
        if (error instanceof AbsentFile) return false;
        throw error;
      },
    );
  };
  for (const file of needed.files) await fetch(file);
  for (const file of needed.more) await isThere(file);
  const folder = snapshotFolder(id, commit, env);
  let weights = cachedWeights(id, commit, needed.weights, env);
  for (const { file, isIndex, beside } of weights === undefined ? candidates : []) {
    if (!(await isThere(file))) continue;
    weights = join(folder, file);
    if (isIndex) for (const shard of shardsOf(weights)) await fetch(posix.join(posix.dirname(file), shard));
    if (beside !== undefined) await isThere(beside);
    break;
  }
  if (weights === undefined && candidates.length > 0) {
    const expected = candidates.map(({ file }) => file).join(", ");
    throw new Error(`${shownName(name)}: expected a repository with one of ${expected}, got one without`);
  }
  await rememberCommit(name, commit, env);
  return { folder, weights };
}

/** Returns a folder that the cache has, and whether there is nothing left to ask the hub. */
function cachedFolder(
  id: string,
  commit: string,
  { files, more, weights: kind }: Needed,
  env: Environment,
): (Folder & { readonly isSure: boolean }) | undefined {
  const weights = cachedWeights(id, commit, kind, env);
  if (weights === undefined && kind !== "none") return undefined;
  if (files.some((file) => cachedFile(id, commit, file, env) === undefined)) return undefined;
  const isSure = more.every(
    (file) => cachedFile(id, commit, file, env) !== undefined || isKnownAbsent(id, commit, file, env),
  );
  return { folder: snapshotFolder(id, commit, env), weights, isSure };
}

function cachedWeights(
  id: string,
  commit: string,
  kind: HubWeights | "none",
  env: Environment,
): string | undefined {
  for (const { file, isIndex, beside } of kind === "none" ? [] : CANDIDATES[kind]) {
    const path = cachedFile(id, commit, file, env);
    if (path === undefined) continue;
    const isHere = (one: string) => cachedFile(id, commit, one, env) !== undefined;
    if (isIndex && !shardsOf(path).every((shard) => isHere(posix.join(posix.dirname(file), shard)))) continue;
    if (beside !== undefined && !isHere(beside) && !isKnownAbsent(id, commit, beside, env)) continue;
    return path;
  }
  return undefined;
}
