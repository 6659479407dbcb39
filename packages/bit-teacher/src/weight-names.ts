import type { Naming, StoredTensor } from "named-weights";

/** Naming and layout of a file's tensors: timm's (PyTorch's layout), or Google's BiT's (TensorFlow's). */
export type WeightNames = "timm" | "bit";

const ROOT = "root_block/standardized_conv2d/kernel";
const STEM = "stem.conv.weight";
/** Keys of the classification layer, which has any name in a file. */
const HEAD: Readonly<Record<string, string>> = { "head.fc.weight": "/kernel", "head.fc.bias": "/bias" };

/** Returns timm's key of a weight: `stages.0.blocks.0.norm1/gamma` → `stages.0.blocks.0.norm1.weight`. */
export function timmKey(originalName: string): string {
  const [layer = "", weight = ""] = originalName.split("/");
  return `${layer}.${weight === "bias" || weight === "beta" ? "bias" : "weight"}`;
}

/**
 * Returns the name in Google's BiT of one of timm's keys: `stages.0.blocks.0.conv1.weight` →
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
  const [, last] = /^norm\.(weight|bias)$/.exec(key) ?? [];
  return last === undefined ? key : norm("", last);
}

/**
 * Returns the naming of a file.
 *
 * @param keys - Keys of the model's weights.
 * @throws RangeError if the file is not a BiT in either naming.
 */
export function namingOf(
  tensors: ReadonlyMap<string, StoredTensor>,
  keys: Iterable<string>,
): Naming<WeightNames> {
  if (tensors.has(STEM)) {
    return { names: "timm", layout: "torch", placeOf: (key) => ({ key }), namesOf: (key) => [key] };
  }
  const roots = [...tensors.keys()].filter((name) => name === ROOT || name.endsWith(`/${ROOT}`));
  if (roots.length !== 1) {
    throw new RangeError(
      `expected one tensor ${STEM} or …${ROOT}, got ${roots.length} among ${tensors.size}`,
    );
  }
  const prefix = roots[0]!.slice(0, -ROOT.length);
  const head = headOf(tensors, prefix) ?? `${prefix}head/conv2d`;
  const names = new Map(
    [...keys, ...Object.keys(HEAD)].map((key) => [key, HEAD[key] ? head + HEAD[key] : prefix + bitName(key)]),
  );
  const places = new Map([...names].map(([key, name]) => [name, { key }]));
  const isOfNetwork = (name: string) =>
    name.startsWith(prefix) && /^(root_block|block\d+|group_norm)\//.test(name.slice(prefix.length));
  return {
    ...{ names: "bit", layout: "tensorflow" },
    placeOf: (name) => places.get(name) ?? (isOfNetwork(name) ? { key: name } : undefined),
    namesOf: (key) => [names.get(key)!],
  };
}

/**
 * Returns the classification layer's name: BiT's own, or that of the only dense layer, as in a Keras model built on the
 * backbone. An optimizer's copies, whose names end in it, are left out.
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
