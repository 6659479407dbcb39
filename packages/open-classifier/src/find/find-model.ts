import { existsSync, readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { requireArguments, STRING } from "known-options";
import { readJson } from "../notes/notes-file.ts";
import { graphOrLayers, onnxIn, startsAsOnnx } from "./formats.ts";
import { isRun, runStudent, withoutModel } from "./run-student.ts";

/** A model that was found, by the format of its files. */
export type FoundModel =
  | { readonly kind: "layers" | "graph"; readonly path: string; readonly run?: string }
  /** Folder with `config.json`. */
  | { readonly kind: "hugging-face"; readonly path: string }
  | { readonly kind: "onnx"; readonly path: string }
  /** Folder with `saved_model.pb`, or the zip of one. */
  | { readonly kind: "saved-model"; readonly path: string };

/** Formats that `openClassifier` takes, for errors. */
const TAKEN =
  "a Hugging Face folder (config.json and weights), an ONNX file, a tfjs model (model.json), a TensorFlow SavedModel, or a run";
/** Files of weights in a Hugging Face folder. */
const WEIGHTS = /^(model|pytorch_model)([-.].*)?\.(safetensors|bin|index\.json)$/;
/** Files of other formats, and how to make one of these of them. */
const OTHERS: Readonly<Record<string, string>> = {
  ".h5": "a Keras HDF5 file: convert it with tensorflowjs_converter, or model.export() in Keras 3",
  ".hdf5": "a Keras HDF5 file: convert it with tensorflowjs_converter, or model.export() in Keras 3",
  ".keras": "a Keras 3 file: load it in Keras and call model.export(folder)",
  ".tflite": "a TensorFlow Lite file",
  ".pt": "a PyTorch file: export it to ONNX with torch.onnx.export",
  ".pth": "a PyTorch file: export it to ONNX with torch.onnx.export",
  ".bin": "a file of weights alone: give the folder with its config.json",
  ".safetensors": "a file of weights alone: give the folder with its config.json",
  ".npz": "a file of weights alone",
};

/**
 * Finds what a path is, by the contents of its files; nothing is loaded.
 *
 * @param path - Folder or file.
 * @returns Its format, and the folder or file to read: of a run its student's.
 * @throws Error saying what was found there, if it is none of the formats.
 *
 * @example
 * ```ts norun
 * console.log(await findModel("exported")); // { kind: 'onnx', path: 'exported/onnx/model.onnx' }
 * ```
 */
export async function findModel(path: string): Promise<FoundModel> {
  requireArguments("findModel", { path }, { path: STRING });
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new Error(`${path}: expected ${TAKEN}, got a path that does not exist`);
  if (stats.isDirectory()) return inFolder(path);
  if (!stats.isFile()) throw new Error(`${path}: expected ${TAKEN}, got neither a file nor a folder`); // a pipe has no end
  return ofFile(path);
}

async function inFolder(folder: string): Promise<FoundModel> {
  const has = (name: string): boolean => existsSync(join(folder, name));
  if (isRun(folder)) {
    const student = runStudent(folder);
    if (student === undefined)
      throw new Error(`${folder}: expected a run with a trained student, got ${withoutModel(folder)}`);
    return { kind: "layers", path: student, run: folder };
  }
  if (has("model.json")) {
    const file = join(folder, "model.json");
    return { kind: graphOrLayers(file, await readJson(file)), path: folder };
  }
  if (has("saved_model.pb")) return { kind: "saved-model", path: folder };
  const names = readdirSync(folder);
  if (has("config.json") && names.some((name) => WEIGHTS.test(name))) {
    return { kind: "hugging-face", path: folder };
  }
  const files = onnxIn(folder);
  if (files.length === 1) return { kind: "onnx", path: files[0]! };
  if (files.length > 1)
    throw new Error(
      `${folder}: expected one ONNX file, or model.onnx among several, got ${files.join(", ")}`,
    );
  throw new Error(`${folder}: expected ${TAKEN}, got ${whatIsIn(folder, names)}`);
}

async function ofFile(path: string): Promise<FoundModel> {
  const [name, folder] = [basename(path), dirname(path)];
  const extension = extname(path).toLowerCase();
  if (name === "saved_model.pb") return { kind: "saved-model", path: folder };
  if (name === "config.json") return inFolder(folder);
  if (extension === ".json") return { kind: graphOrLayers(path, await readJson(path)), path };
  const start = await beginning(path);
  if (extension === ".zip" || (start[0] === 0x50 && start[1] === 0x4b && !Object.hasOwn(OTHERS, extension)))
    return { kind: "saved-model", path };
  if (extension === ".onnx" || startsAsOnnx(start)) return { kind: "onnx", path };
  const other = Object.hasOwn(OTHERS, extension) ? OTHERS[extension] : undefined;
  throw new Error(`${path}: expected ${TAKEN}, got ${other ?? "another file"}`);
}

/** First bytes of a file. */
async function beginning(path: string): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(64), 0, 64, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Names that a folder shows at most. */
const SHOWN = 8;

function whatIsIn(folder: string, names: readonly string[]): string {
  if (names.length === 0) return "an empty folder";
  const known = names.flatMap((name) => {
    const extension = extname(name).toLowerCase();
    return extension !== ".bin" && extension !== ".npz" && Object.hasOwn(OTHERS, extension)
      ? [`${name}, ${OTHERS[extension]}`]
      : [];
  });
  if (known.length > 0) return known.slice(0, SHOWN).join("; ");
  if (names.includes("config.json"))
    return "config.json without weights (model.safetensors) or onnx/model.onnx";
  const inner = names.filter((name) => existsSync(join(folder, name, "model.json")));
  if (inner.length > 0) return `a folder of models: ${inner.slice(0, SHOWN).join(", ")}`;
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return `a folder with ${[...names].sort().slice(0, SHOWN).join(", ")}${more}`;
}
