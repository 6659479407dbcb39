import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type ModelOutputs, type OnnxRuntime, type OnnxSession, onnxTeacher } from "distill-trainer";
import type { Classifier } from "../classifier.ts";
import { savedHead, withoutHead, withSavedHead } from "../head.ts";
import { type InputHints, inputOf } from "../notes/known-input.ts";
import { cropOf, type ModelNotes } from "../notes/notes.ts";
import { writeNotes } from "../notes/notes-file.ts";
import { chooseOutput } from "./choose-output.ts";
import { importOptional } from "./import-optional.ts";
import { vectorsOf } from "./inner-features.ts";
import { onnxParameters } from "./onnx-parameters.ts";
import {
  classesInWords,
  FEATURES,
  type PictureSize,
  requireNames,
  requirePictures,
  sidesOf,
} from "./pictures.ts";

/** An ONNX file, and what is known of it. */
export interface OnnxFound {
  /** The file. */
  readonly path: string;
  readonly notes: ModelNotes;
  readonly inputFrom?: InputHints["from"];
  /** Side of its pictures according to its neighbors. */
  readonly imageSize?: PictureSize | undefined;
  readonly output?: string | undefined;
}

/** Packages that run ONNX, the faster one first. */
const RUNTIMES = ["onnxruntime-node", "onnxruntime-web"];
/** Name of the file in a folder that is saved. */
const MODEL = "model.onnx";
/** Outputs of features in models that transformers' exporter and others write. */
const VECTORS = [FEATURES, "pooler_output", "image_embeds"];

interface Runtime extends OnnxRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: object): Promise<OnnxSession & { release(): Promise<void> }>;
  };
  readonly env?: { readonly wasm?: { numThreads?: number } };
}
type Session = Awaited<ReturnType<Runtime["InferenceSession"]["create"]>>;

/**
 * An ONNX file as a classifier, run by onnxruntime.
 *
 * @throws Error of one line naming the file if there is no onnxruntime, if it refuses the file, or the file's pictures are not RGB of one size
 * and RGB.
 */
export async function onnxClassifier(found: OnnxFound): Promise<Classifier> {
  const { path } = found;
  const runtime = await importOptional<Runtime & { default?: Runtime }>(path, "an ONNX file", RUNTIMES);
  const ort = runtime.InferenceSession === undefined ? runtime.default! : runtime;
  // Threads of the WebAssembly runtime would keep the process alive.
  if (ort.env?.wasm !== undefined) ort.env.wasm.numThreads = 1;
  const bytes = await readFile(path);
  let session: Session | undefined;
  try {
    session = await ort.InferenceSession.create(bytes, {
      logSeverityLevel: 4,
      ...(await externalData(path)),
    });
    return await described(found, ort, session, bytes);
  } catch (cause) {
    await session?.release();
    const why = String((cause as Error)?.message ?? cause).replaceAll(/\s+/g, " ");
    if (why.startsWith(`${path}: `)) throw cause;
    throw new Error(`${path}: expected an ONNX model that onnxruntime can run, got: ${why}`, { cause });
  }
}

async function described(
  found: OnnxFound,
  ort: Runtime,
  session: Session,
  bytes: Uint8Array,
): Promise<Classifier> {
  const { path } = found;
  const head = savedHead(path);
  const notes = head === undefined ? found.notes : withoutHead(found.notes);
  const { layout, sides } = layoutOf(path, session);
  const { imageSize, size } = requirePictures(path, sides, found.imageSize);
  const input = inputOf(notes, {
    from: found.inputFrom,
    assumed: layout === "NCHW" ? "imagenet" : "symmetric",
  });
  const { preprocess } = input;
  const shapes = await outputShapes(ort, session, layout, imageSize);
  const inner = VECTORS.find((name) => shapes.get(name)?.length === 2);
  const chosen = chooseOutput(path, session.outputNames, {
    asked: found.output,
    features: inner,
    shapeOf: (name) => shapes.get(name),
  });
  const known = withShapes(session, shapes);
  const teacherOf = (output: string, outputs: ModelOutputs | "auto") =>
    onnxTeacher(ort, known, { preprocess, layout, outputs, output });
  const teacher = chosen === undefined ? undefined : teacherOf(chosen, notes.outputs ?? "auto");
  const classes = teacher?.classes;
  requireNames(path, notes.classNames, classes);
  if (teacher === undefined && inner === undefined) {
    const all = [...shapes].map(([name, shape]) => `${name} [${shape.join(", ")}]`).join(", ");
    throw new Error(`${path}: expected an output [batch, classes], got ${all}`);
  }
  const reader = teacher ?? teacherOf(inner!, "logits");
  const features = (layer: string = inner ?? FEATURES) => vectorsOf(reader.layers, layer, imageSize);
  const centerCrop = cropOf(notes);
  const opened: Classifier = {
    ...{ kind: "onnx", path, notes, imageSize, input, preprocess, features, layers: reader.layers },
    found: `an ONNX model${classesInWords(classes)}, ${size}`,
    ...(notes.classNames !== undefined && { classNames: notes.classNames }),
    ...(centerCrop !== undefined && { centerCrop }),
    ...(teacher !== undefined && { teacher }),
    parameters: onnxParameters(bytes),
    ...(inner !== undefined && { backbone: () => features(inner) }),
    digest: async () => createHash("sha256").update(bytes).digest("hex"),
    async save(folder, own = {}) {
      await mkdir(folder, { recursive: true });
      await copyFile(path, join(folder, MODEL));
      for (const { path: file } of (await externalData(path)).externalData ?? [])
        await copyFile(join(dirname(path), file), join(folder, file));
      await writeNotes(join(folder, MODEL), { ...notes, ...input.notes, ...own });
    },
    dispose: () => void session.release(),
  };
  return head === undefined ? opened : withSavedHead(opened, head, found.notes);
}

/** A session whose outputs have the shapes that they were found to have. */
function withShapes(session: Session, shapes: ReadonlyMap<string, readonly number[]>): OnnxSession {
  const { inputNames, outputNames, inputMetadata } = session;
  return {
    ...{ inputNames, outputNames, ...(inputMetadata && { inputMetadata }) },
    outputMetadata: outputNames.map((name) => ({ name, shape: ["batch", ...shapes.get(name)!.slice(1)] })),
    run: (feeds, fetches) => session.run(feeds, fetches),
  };
}

/** Weights that PyTorch and onnxruntime's tools write beside a large model. */
async function externalData(
  path: string,
): Promise<{ externalData?: readonly { readonly path: string; readonly data: Uint8Array }[] }> {
  const names = [`${basename(path)}_data`, `${basename(path)}.data`];
  const found = names.filter((name) => existsSync(join(dirname(path), name)));
  const read = found.map(async (name) => ({ path: name, data: await readFile(join(dirname(path), name)) }));
  return found.length === 0 ? {} : { externalData: await Promise.all(read) };
}

/** Order of the input's dimensions, and its shape with channels last. */
function layoutOf(
  path: string,
  { inputNames, inputMetadata }: OnnxSession,
): { readonly layout: "NCHW" | "NHWC"; readonly sides: readonly unknown[] } {
  if (inputNames.length !== 1)
    throw new Error(`${path}: expected a model of one input, got ${inputNames.join(", ") || "none"}`);
  const { shape = [] } = inputMetadata?.[0] ?? {};
  const sides = shape.map((side) => (typeof side === "number" && side > 0 && side < 2 ** 31 ? side : null));
  const [batch = null, channels = null, height = null, width = null] = sides;
  if (sides.length === 4 && width === 3 && channels !== 3) return { layout: "NHWC", sides };
  if (sides.length === 4 && channels === 3)
    return { layout: "NCHW", sides: [batch, height, width, channels] };
  throw new Error(
    `${path}: expected an input [batch, 3, height, width] or [batch, height, width, 3], got [${shape.join(", ")}]`,
  );
}

/** Shapes of all outputs of pictures of zeros, by name: most files name a variable batch, some nothing. */
async function outputShapes(
  ort: Runtime,
  session: Session,
  layout: "NCHW" | "NHWC",
  imageSize: PictureSize,
): Promise<Map<string, readonly number[]>> {
  const { type = "float32", shape, name } = session.inputMetadata![0]!;
  const batch = typeof shape?.[0] === "number" && shape[0] > 0 && shape[0] < 2 ** 31 ? shape[0] : 1;
  const [height, width] = sidesOf(imageSize);
  const dims = layout === "NCHW" ? [batch, 3, height, width] : [batch, height, width, 3];
  const size = batch * height * width * 3;
  if (type !== "float32" && type !== "float16")
    throw new Error(`the input '${name}' must be float32 or float16, got ${type}`);
  const feed =
    type === "float16"
      ? new ort.Tensor("float16", new Uint16Array(size), dims)
      : new ort.Tensor("float32", new Float32Array(size), dims);
  const results = await session.run({ [name]: feed }, session.outputNames);
  const shapes = new Map(session.outputNames.map((output) => [output, [...results[output]!.dims]]));
  for (const tensor of [feed, ...Object.values(results)]) tensor.dispose();
  return shapes;
}
