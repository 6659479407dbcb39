import type { StoredTensor } from "named-weights";
import { wrapperPrefix } from "safetensors-io";

/** Whose names and layout a file's tensors have: timm's (PyTorch's layout), or those of Google's BiT (TensorFlow's). */
export type WeightNames = "timm" | "bit";

/** How a file names a model's tensors. */
export interface Naming {
  readonly names: WeightNames;
  /** The file's name for one of timm's keys; `undefined` if it has no such tensor. */
  readonly of: (key: string) => string | undefined;
  /** Whether a tensor of the file is a part of the network, which a model must have a place for. */
  readonly isOfNetwork: (name: string) => boolean;
}

const ROOT = "root_block/standardized_conv2d/kernel";
const STEM = "stem.conv.weight";

/** A weight's name here as timm's key: `stages.0.blocks.0.norm1/gamma` → `stages.0.blocks.0.norm1.weight`. */
export function timmKey(originalName: string): string {
  const [layer = "", weight = ""] = originalName.split("/");
  return `${layer}.${weight === "bias" || weight === "beta" ? "bias" : "weight"}`;
}

/**
 * One of timm's keys as Google's BiT names it: `stages.0.blocks.0.conv1.weight` →
 * `block1/unit01/a/standardized_conv2d/kernel`.
 *
 * @see https://github.com/google-research/big_transfer/blob/master/bit_pytorch/models.py
 */
function bitName(key: string): string {
  const norm = (where: string, kind: string) => `${where}group_norm/${kind === "weight" ? "gamma" : "beta"}`;
  const [, stage, block, layer = "", kind = ""] =
    /^stages\.(\d+)\.blocks\.(\d+)\.(.+)\.(weight|bias)$/.exec(key) ?? [];
  if (stage !== undefined) {
    const unit = `block${Number(stage) + 1}/unit${String(Number(block) + 1).padStart(2, "0")}`;
    if (layer === "downsample.conv") return `${unit}/a/proj/standardized_conv2d/kernel`;
    const letter = "abc"[Number(layer.at(-1)) - 1];
    return layer.startsWith("norm")
      ? norm(`${unit}/${letter}/`, kind)
      : `${unit}/${letter}/standardized_conv2d/kernel`;
  }
  if (key === STEM) return ROOT;
  return norm("", key === "norm.weight" ? "weight" : "bias");
}

/**
 * Finds out whose names a file has.
 *
 * @throws RangeError if it is no BiT of any known naming.
 */
export function namingOf(tensors: ReadonlyMap<string, StoredTensor>): Naming {
  const wrapper = wrapperPrefix(tensors.keys());
  if (tensors.has(wrapper + STEM)) {
    const of = (key: string) => (tensors.has(wrapper + key) ? wrapper + key : undefined);
    return { names: "timm", of, isOfNetwork: () => true };
  }
  const roots = [...tensors.keys()].filter((name) => name === ROOT || name.endsWith(`/${ROOT}`));
  if (roots.length !== 1) {
    throw new RangeError(
      `expected one tensor ${STEM} or …${ROOT}, got ${roots.length} among ${tensors.size}`,
    );
  }
  const prefix = roots[0]!.slice(0, -ROOT.length);
  const head = headOf(tensors, prefix);
  return {
    names: "bit",
    of(key) {
      const [, kind] = /^head\.fc\.(weight|bias)$/.exec(key) ?? [];
      const name =
        kind === undefined ? prefix + bitName(key) : head && `${head}/${kind === "bias" ? kind : "kernel"}`;
      return name !== undefined && tensors.has(name) ? name : undefined;
    },
    isOfNetwork: (name) =>
      name.startsWith(prefix) && /^(root_block|block\d+|group_norm)\//.test(name.slice(prefix.length)),
  };
}

/**
 * The layer of the classes: BiT's own, or the one dense layer beside the backbone, as in a Keras model that was built on
 * it. An optimizer's copies of that are named after it and left out.
 */
function headOf(tensors: ReadonlyMap<string, StoredTensor>, prefix: string): string | undefined {
  const own = ["head/conv2d", "head/dense"].map((name) => prefix + name);
  const known = own.find((name) => tensors.has(`${name}/kernel`));
  if (known !== undefined) return known;
  const layers = [...tensors.values()]
    .filter(({ name, shape }) => shape.length === 2 && name.endsWith("/kernel"))
    .map(({ name }) => name.slice(0, -"/kernel".length))
    .filter((name) => tensors.has(`${name}/bias`));
  const named = layers.filter((name) => !layers.some((other) => name.endsWith(`/${other}`)));
  return named.length === 1 ? named[0] : undefined;
}
