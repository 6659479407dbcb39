import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { PictureSize } from "../kinds/pictures.ts";
import type { InputOrigin } from "../notes/known-input.ts";
import type { ModelNotes } from "../notes/notes.ts";
import { readJson, readNotesFile } from "../notes/notes-file.ts";
import { type FoundPreprocessing, preprocessorNotes, pretrainedNotes } from "./preprocessing.ts";

/** What the files beside a model say of it. */
export interface Neighbors {
  readonly notes: ModelNotes;
  /** Where its input is known from. */
  readonly inputFrom?: InputOrigin;
  readonly imageSize?: PictureSize | undefined;
}

/** Folders of one form of a model, whose description lies in the folder above. */
const FORMS: ReadonlySet<string> = new Set(["onnx", "tfjs", "saved_model", "timm"]);

/**
 * Reads the files beside a model: `classifier-notes.json`, transformers' `config.json` and `preprocessor_config.json`, timm's
 * `config.json`, and `labels.txt` with a class a line. Notes win over the others.
 *
 * @param path - The model's folder or file; of `…/onnx/model.onnx` the folder above is asked too.
 * @throws Error naming the file that is damaged.
 */
export async function neighborsOf(path: string): Promise<Neighbors> {
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  const folders = FORMS.has(basename(folder)) ? [folder, dirname(folder)] : [folder];
  const findAll = (name: string) =>
    folders
      .map((one) => join(one, name))
      .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  const find: Find = (name) => findAll(name)[0];
  const own = await readNotesFile(path);
  const [described, classNames] = [await preprocessingIn(find), await namesIn(find)];
  const multiLabel = (await Promise.all(findAll("config.json").map(readJson))).some(isMultiLabel);
  const isNoted = own.inputRange !== undefined || own.normalization !== undefined;
  const input = isNoted ? { inputRange: undefined, normalization: undefined } : {};
  return {
    notes: {
      ...(classNames && { classNames }),
      ...(multiLabel && { multiLabel }),
      ...{ ...described?.notes, ...input, ...own },
    },
    ...(described !== undefined && !isNoted && { inputFrom: "file" }),
    imageSize: described?.imageSize,
  };
}

type Find = (name: string) => string | undefined;
type Json = Readonly<Record<string, unknown>>;

/** Whether transformers would take a sigmoid of each logit. */
function isMultiLabel(config: unknown): boolean {
  return (config as { problem_type?: unknown } | null)?.problem_type === "multi_label_classification";
}

async function preprocessingIn(find: Find): Promise<FoundPreprocessing | undefined> {
  const config = await configIn(find);
  const { pretrained_cfg: pretrained } = config?.json ?? {};
  if (typeof pretrained === "object" && pretrained !== null) return pretrainedNotes(config!.file, pretrained);
  const file = find("preprocessor_config.json");
  return file === undefined ? undefined : preprocessorNotes(file, await readJson(file));
}

async function configIn(find: Find): Promise<{ readonly file: string; readonly json: Json } | undefined> {
  const file = find("config.json");
  const json = file === undefined ? undefined : await readJson(file);
  return typeof json === "object" && json !== null ? { file: file!, json: json as Json } : undefined;
}

async function namesIn(find: Find): Promise<readonly string[] | undefined> {
  const { file = "", json = {} } = (await configIn(find)) ?? {};
  return namesOfConfig(file, json) ?? namesOfLines(find("labels.txt"));
}

/** Names in timm's `label_names` or transformers' `id2label`, unless they are its `LABEL_0`, …. */
function namesOfConfig(file: string, json: Json): readonly string[] | undefined {
  const { label_names: names, id2label } = json;
  if (Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === "string"))
    return names;
  if (typeof id2label !== "object" || id2label === null) return undefined;
  const labels = Object.keys(id2label).map((_, id) => (id2label as Json)[id]);
  const missing = labels.findIndex((name) => typeof name !== "string");
  if (missing >= 0) {
    const all = `0 to ${labels.length - 1}`;
    throw new Error(`${file}: expected id2label to name the classes ${all}, got no name of ${missing}`);
  }
  const areNames = labels.some((name, id) => name !== `LABEL_${id}`);
  return areNames ? (labels as string[]) : undefined;
}

async function namesOfLines(file: string | undefined): Promise<string[] | undefined> {
  if (file === undefined) return undefined;
  const lines = (await readFile(file, "utf8")).replace(/^\uFEFF/, "").split(/\r?\n/);
  const names = lines.map((line) => line.trim());
  while (names.at(-1) === "") names.pop();
  return names.length === 0 ? undefined : names;
}
