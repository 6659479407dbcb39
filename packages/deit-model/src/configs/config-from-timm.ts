import { BOOLEAN, type Check, check, either, oneOf, optional, POSITIVE, RATE, STRING } from "known-options";
import type { Activation } from "vit-blocks";
import type { VitConfig } from "../config.ts";
import { deit } from "../deit.ts";
import { PUBLISHED, type PublishedModel, publishedClasses } from "../published.ts";
import { classNamesOf } from "./class-names.ts";
import { fieldsOf, isObject, ownField, type ReadField, refused, sizesTo } from "./fields.ts";
import type { FoundConfig } from "./found-config.ts";
import { CLASSES, requireSane, SIZES } from "./limits.ts";

const CALLER = "configFromTimm";
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu: "gelu",
  gelu_tanh: "gelu_tanh",
  quick_gelu: "quick_gelu",
  relu: "relu",
  silu: "silu",
  swish: "silu",
};
const SQUARE: Check = check(
  "a size, or two that are equal",
  (value) =>
    SIZES.pixels.fits(value) ||
    (sizesTo(2 ** 14).fits(value) && (value as number[])[0] === (value as number[])[1]),
);
const INPUT: Check = check(
  "[channels, height, width]",
  (value) => Array.isArray(value) && value.length === 3 && value.every((side) => SIZES.pixels.fits(side)),
);
const only = (value: string | boolean | null) => oneOf(value as string);
/** Arguments of timm's VisionTransformer that change what a model computes; of those that are not here one value is. */
const ARGUMENTS: Readonly<Record<string, Check>> = {
  img_size: either(SIZES.pixels, sizesTo(2 ** 14)),
  patch_size: SQUARE,
  in_chans: SIZES.channels,
  num_classes: CLASSES,
  global_pool: oneOf("token", "avg"),
  embed_dim: SIZES.dim,
  depth: SIZES.depth,
  num_heads: SIZES.heads,
  mlp_ratio: POSITIVE,
  qkv_bias: BOOLEAN,
  qk_norm: BOOLEAN,
  proj_bias: BOOLEAN,
  init_values: check("a number ≥ 0", (value) => value === 0 || POSITIVE.fits(value)),
  no_embed_class: BOOLEAN,
  reg_tokens: SIZES.registers,
  fc_norm: BOOLEAN,
  act_layer: oneOf(...Object.keys(ACTIVATIONS)),
  ...{
    class_token: only(true),
    final_norm: only(true),
    pos_embed: only("learn"),
    norm_layer: only("layernorm"),
  },
  ...{ pre_norm: only(false), pool_include_prefix: only(false) },
  ...{ scale_attn_norm: only(false), scale_mlp_norm: only(false) },
};
/** Arguments that change training alone, or how images of other sizes are taken. */
const BESIDE: Readonly<Record<string, Check>> = {
  ...{ drop_path_rate: RATE, attn_drop_rate: RATE, patch_drop_rate: RATE },
  ...{ drop_rate: RATE, pos_drop_rate: RATE, proj_drop_rate: RATE, weight_init: STRING, fix_init: BOOLEAN },
  ...{ dynamic_img_size: BOOLEAN, dynamic_img_pad: only(false), strict_img_size: BOOLEAN },
};

/**
 * Returns the config of timm's `config.json`: a published architecture, changed by `model_args`.
 *
 * Architectures are those of {@link createModel}. Older files, in which `architecture` lies beside the fields of `pretrained_cfg`, are read
 * too. The image size is that of `model_args`, else of `input_size`. Rates of dropout that models here do not have (`drop_rate`
 * of the head, `pos_drop_rate`, `proj_drop_rate`) are left out: they do not change answers.
 *
 * @param json - The parsed file.
 * @throws RangeError for an unknown architecture, an argument that models here cannot follow, names that are not as many as the
 * classes, or sizes that no published model reaches; before anything is allocated.
 * @see https://github.com/huggingface/pytorch-image-models/blob/main/timm/models/_hub.py
 *
 * @example
 * const { config } = configFromTimm({
 *   architecture: "vit_tiny_patch16_224",
 *   num_classes: 5,
 *   model_args: { img_size: 64, depth: 2 },
 *   pretrained_cfg: { input_size: [3, 64, 64] },
 * });
 * console.log(vit(config).outputs[0]?.shape); // [null, 5]
 */
export function configFromTimm(json: unknown): FoundConfig {
  const read = fieldsOf(CALLER, json);
  const names = Object.keys(PUBLISHED);
  const name = read<PublishedModel | undefined>("architecture", STRING, undefined);
  if (name === undefined || !Object.hasOwn(PUBLISHED, name)) {
    throw refused(CALLER, `architecture to be one of ${names.join(", ")}`, name);
  }
  const nested = ownField(json as object, "pretrained_cfg");
  const pretrained = nested === undefined || nested === null ? (json as object) : nested;
  const readPretrained = fieldsOf(CALLER, pretrained, pretrained === json ? "" : "pretrained_cfg.");
  const args = argumentsOf(json as object);
  const [build, published] = PUBLISHED[name];
  const distilled = build === deit;
  const said = read("num_classes", CLASSES, readPretrained("num_classes", CLASSES, publishedClasses(name)));
  const classes = args("num_classes", said);
  const [channels, ...sides] = readPretrained<readonly number[]>("input_size", INPUT, []);
  const size = sides.length === 0 ? published.imageSize : (sides as unknown as readonly [number, number]);
  const config = configOf(args, { ...published, imageSize: size, channels: channels ?? 3, classes });
  requireSane(CALLER, config, distilled);
  const labels = ownField(json as object, "label_names") ?? ownField(pretrained as object, "label_names");
  const classNames = classNamesOf(CALLER, labels ?? ownField(pretrained as object, "labels"), classes);
  return { config, distilled, family: familyOf(name), ...(classNames && { classNames }) };
}

/** Reads one of `model_args`; an absent one gives the default, and `null`, Python's `None`, what it means. */
type ReadArgument = <Value>(name: string, absent: Value, none?: Value) => Value;

/** Returns a reader of `model_args`, all of which are checked. */
function argumentsOf(json: object): ReadArgument {
  const args = ownField(json, "model_args") ?? {};
  const read: ReadField = fieldsOf(CALLER, args, "model_args.");
  const checks = { ...ARGUMENTS, ...BESIDE };
  for (const name of Object.keys(isObject(args) ? args : {})) {
    const expected = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (expected === undefined) {
      throw refused(CALLER, `model_args to be of ${Object.keys(checks).join(", ")}`, name);
    }
    read(name, optional(expected), undefined);
  }
  return (name, absent, none = absent) => {
    const isNone = isObject(args) && ownField(args, name) === null;
    return isNone ? none : read(name, checks[name]!, absent);
  };
}

function configOf(args: ReadArgument, published: VitConfig): VitConfig {
  const { headDim: _, initValues: scale = 0, ...base } = published; // timm's heads divide the dimension
  const dim = args("embed_dim", base.dim);
  const patch = args<number | readonly number[]>("patch_size", base.patchSize);
  const imageSize = args("img_size", base.imageSize);
  const initValues = args<number>("init_values", scale, 0);
  const fcNorm = args<boolean | undefined>("fc_norm", undefined);
  const activation = args<string>("act_layer", "", "gelu");
  const actLayer = activation === "" ? base.actLayer : ACTIVATIONS[activation];
  return {
    ...base,
    ...{ dim, imageSize: typeof imageSize === "number" ? imageSize : squared(imageSize) },
    patchSize: typeof patch === "number" ? patch : patch[0]!,
    depth: args("depth", base.depth),
    heads: args("num_heads", base.heads),
    mlpRatio: Math.trunc(dim * args("mlp_ratio", base.mlpRatio ?? 4) + 1e-9) / dim,
    channels: args("in_chans", base.channels ?? 3),
    regTokens: args("reg_tokens", base.regTokens ?? 0),
    noEmbedClass: args("no_embed_class", base.noEmbedClass ?? false),
    qkNorm: args("qk_norm", false),
    qkvBias: args("qkv_bias", base.qkvBias ?? true),
    projBias: args("proj_bias", true),
    globalPool: args<"token" | "avg">("global_pool", "token"),
    dropPathRate: args("drop_path_rate", 0),
    attnDropRate: args("attn_drop_rate", 0),
    patchDropRate: args("patch_drop_rate", 0),
    ...(initValues > 0 && { initValues }),
    ...(fcNorm !== undefined && { fcNorm }),
    ...(actLayer !== undefined && { actLayer }),
  };
}

function squared(sides: readonly [number, number]): VitConfig["imageSize"] {
  return sides[0] === sides[1] ? sides[0] : [sides[0], sides[1]];
}

function familyOf(name: PublishedModel): FoundConfig["family"] {
  if (name.startsWith("deit")) return "deit";
  if (!name.endsWith("dinov2")) return "vit";
  return name.includes("reg4") ? "dinov2_with_registers" : "dinov2";
}
