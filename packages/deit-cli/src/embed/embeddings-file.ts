import { npzBytes } from "named-weights";
import { safetensorsBytes } from "safetensors-io";
import { csvLine } from "../files/csv.ts";
import type { Mark } from "../files/own-output.ts";

/** Feature vectors of photos. */
export interface Embeddings {
  readonly paths: readonly string[];
  /** `[photos, width]`, row-major. */
  readonly values: Float32Array;
  readonly width: number;
  /** Names of classes, if photos have labels. */
  readonly classNames: readonly string[];
  /** Class of each photo; −1 without labels. */
  readonly labels: Int32Array;
  /** Folder of the model, and its layer if one was named. */
  readonly model: string;
  readonly layer?: string | undefined;
}

export type EmbeddingsFormat = "safetensors" | "npz" | "csv";

/** Writers by format, and what marks their files as this program's. */
export const EMBEDDINGS_FILES: Readonly<
  Record<EmbeddingsFormat, { readonly mark: Mark; bytes(embeddings: Embeddings): Promise<Uint8Array> }>
> = {
  safetensors: { mark: "deit-cli features", bytes: safetensorsOf },
  npz: { mark: "class_names.npy", bytes: npzOf },
  csv: { mark: "path,label,feature_0", bytes: async (embeddings) => Buffer.from(csvOf(embeddings)) },
};

/** `features` [photos, width], F32; paths, labels and class names are JSON in the metadata, for the format has no texts. */
function safetensorsOf(embeddings: Embeddings): Promise<Uint8Array> {
  const { values, width, paths, labels, classNames, model, layer } = embeddings;
  const metadata = {
    ...{ generator: "deit-cli features", model, ...(layer !== undefined && { layer }) },
    paths: JSON.stringify(paths),
    labels: JSON.stringify([...labels]),
    class_names: JSON.stringify(classNames),
  };
  return safetensorsBytes([{ name: "features", shape: [paths.length, width], data: values }], { metadata });
}

/** `features` float32, `labels` int32, `paths` and `class_names` texts. */
function npzOf({ values, width, paths, labels, classNames }: Embeddings): Promise<Uint8Array> {
  return npzBytes([
    { name: "features", shape: [paths.length, width], data: values },
    { name: "labels", shape: [labels.length], data: labels },
    { name: "paths", shape: [paths.length], data: paths },
    { name: "class_names", shape: [classNames.length], data: classNames },
  ]);
}

/** A line a photo: `path,label,feature_0,…`; the label is its class's name. */
function csvOf({ values, width, paths, labels, classNames }: Embeddings): string {
  const header = ["path", "label", ...Array.from({ length: width }, (_, i) => `feature_${i}`)];
  const lines = paths.map((path, row) => {
    const numbers = values.subarray(row * width, (row + 1) * width);
    return csvLine([path, classNames[labels[row]!] ?? "", ...numbers]);
  });
  return csvLine(header) + lines.join("");
}
