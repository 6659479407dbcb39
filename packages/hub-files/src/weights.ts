import { readFileSync, statSync } from "node:fs";
import { readShardIndex } from "safetensors-io";

/** Formats of weights; `"any"`: those of `"torch"`, then those of `"onnx"`. */
export type HubWeights = "torch" | "onnx" | "any";

/** One way in which a repository can have its weights. */
export interface Candidate {
  readonly file: string;
  /** Whether the file is an index that names the files with the weights. */
  readonly isIndex: boolean;
  /** A file that belongs to it if it is there, such as an ONNX model's external data. */
  readonly beside?: string;
}

const plain = (file: string): Candidate => ({ file, isIndex: false });
const index = (file: string): Candidate => ({ file, isIndex: true });
const onnx = (file: string): Candidate => ({ file, isIndex: false, beside: `${file}_data` });

const TORCH = [
  plain("model.safetensors"),
  index("model.safetensors.index.json"),
  plain("pytorch_model.bin"),
  index("pytorch_model.bin.index.json"),
];
const ONNX = [onnx("onnx/model.onnx"), onnx("model.onnx")];

/** What is taken, the first that a repository has. */
export const CANDIDATES: Readonly<Record<HubWeights, readonly Candidate[]>> = {
  torch: TORCH,
  onnx: ONNX,
  any: [...TORCH, ...ONNX],
};

const LARGEST_INDEX = 100_000_000;

/** Returns the files that an index names. @throws RangeError that names the index. */
export function shardsOf(path: string): string[] {
  const { size } = statSync(path);
  if (size > LARGEST_INDEX)
    throw new RangeError(`${path}: expected an index of at most ${LARGEST_INDEX} bytes, got ${size}`);
  try {
    return [...readShardIndex(readFileSync(path)).shards.keys()];
  } catch (cause) {
    throw new RangeError(`${path}: ${(cause as Error).message}`, { cause });
  }
}
