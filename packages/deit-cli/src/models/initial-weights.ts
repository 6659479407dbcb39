import { existsSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import type * as tfl from "@tensorflow/tfjs-layers";
import {
  type LoadWeightsOptions,
  loadWeights,
  mimeticInit,
  type VitConfig,
  vit,
  weightsBytes,
} from "deit-model";
import { loadWeightsFile } from "deit-model/node";
import { findModel, loadLayersModelFile } from "open-classifier";
import "./known-layers.ts";
import { UsageError } from "../process/usage-error.ts";
import { weightsFile } from "../weights/weights-file.ts";

type Report = Awaited<ReturnType<typeof loadWeightsFile>>;

/** Initial weights of a student: at most one of these. Default: those of the library `model.init`. */
interface Start {
  /** File or folder of weights, or a hub's name whose weights are in the cache. */
  readonly weights?: string;
  /** The same of a larger model. */
  readonly selectFrom?: string;
  readonly mimetic?: boolean;
}

/** Tensors that a line names. */
const NAMED = 5;

/**
 * Gives a student its initial weights: published ones except its heads, those selected from a larger model, or mimetic ones.
 * Positions of a file are interpolated to the student's grid; tensors beside the network (a pooler, the head of another task) are left
 * out.
 *
 * @param seed - Seed of mimetic weights.
 * @returns What of a file was used, if there is one.
 * @throws Error or RangeError naming the file if it is not for this model, and the tensors that only one of the two has.
 */
export async function setInitialWeights(
  model: tfl.LayersModel,
  { weights, selectFrom, mimetic }: Start,
  seed: number,
): Promise<Report | undefined> {
  const adapt = ["classes", "distillation", "positions", "extra"] as const;
  if (weights !== undefined) return loadFrom(model, weightsFile("--weights", weights), { adapt });
  if (selectFrom !== undefined) {
    const file = weightsFile("--select-from", selectFrom);
    return loadFrom(model, file, { adapt: [...adapt, "selection"] });
  }
  if (mimetic === true) mimeticInit(model, { seed });
  return undefined;
}

/** Loads weights from a file or folder of them, or from a model of ours: a run's student, a saved layers model. */
async function loadFrom(model: tfl.LayersModel, path: string, options: LoadWeightsOptions): Promise<Report> {
  const found = await layersModelIn(path);
  if (found === undefined) return loadWeightsFile(model, path, options);
  const source = await loadLayersModelFile(found);
  try {
    return await loadWeights(model, await weightsBytes(source), options);
  } catch (cause) {
    const why = (cause as Error).message.replace(/^\w+: (bytes )?/, "");
    throw new Error(`${found}: expected a ViT or DeiT of layers, got: ${why}`, { cause });
  } finally {
    source.dispose();
  }
}

/** Folder of a saved layers model, or of a run's student; `undefined` for files of weights. */
async function layersModelIn(path: string): Promise<string | undefined> {
  const isFolder = statSync(path).isDirectory();
  const isOfModel = isFolder
    ? ["settings.json", "model.json"].some((name) => existsSync(join(path, name)))
    : basename(path) === "model.json";
  if (!isOfModel && extname(path) !== ".onnx") return undefined;
  const { kind, path: found } = await findModel(path);
  if (kind === "layers") return found;
  throw new UsageError(
    `${path}: expected weights of a ViT or DeiT by name, got ${KINDS[kind]}, which has no such names`,
  );
}

/** Models whose weights are part of a graph. */
const KINDS = {
  graph: "a tfjs graph model",
  onnx: "an ONNX file",
  "saved-model": "a SavedModel",
  "hugging-face": "a Hugging Face folder",
} as const;

/**
 * Checks that a student can start as it should, on a temporary model, before anything is trained.
 *
 * @returns One line for people: of a file, the tensors that are used, interpolated, missing in it or left out. `undefined` without a
 * special start.
 * @throws UsageError for a file that does not exist, naming the option, and for sizes that mimetic weights cannot have; as {@link setInitialWeights}.
 */
export async function requireInitialWeights(config: VitConfig, start: Start): Promise<string | undefined> {
  if (start.mimetic === true) return requireMimetic(config);
  const model = vit(config);
  try {
    const report = await setInitialWeights(model, start, 0);
    if (report === undefined) return undefined;
    const { used, part, interpolated, kept, skipped } = report;
    const own = part === undefined ? "" : `, its ${part}`;
    const file = start.weights ?? `${start.selectFrom}, evenly spaced elements of each`;
    const moved = interpolated.length === 0 ? "" : "; positions are interpolated";
    return `weights: ${used.length} tensors of ${file}${own}${moved}${listed("the student's own", kept)}${listed("left out", skipped)}`;
  } finally {
    model.dispose();
  }
}

function requireMimetic(config: VitConfig): string {
  const model = vit({ ...config, depth: 1 });
  try {
    mimeticInit(model);
    return "weights: mimetic attention and positions";
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`--mimetic: ${error.message}`);
  } finally {
    model.dispose();
  }
}

function listed(what: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `; ${what}: ${names.slice(0, NAMED).join(", ")}${more}`;
}
