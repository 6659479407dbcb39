import { BOOLEAN, type Check, check, either, oneOf, POSITIVE, RATE, STRING } from "known-options";
import type { Activation } from "vit-blocks";
import type { VitConfig } from "../config.ts";
import { classesOfLabels, type FoundClasses } from "./class-names.ts";
import { fieldsOf, ownField, type ReadField, refused, sizesTo, sizeTo } from "./fields.ts";
import type { FoundConfig } from "./found-config.ts";
import { MOST_CLASSES, requireSane, SIZES } from "./limits.ts";

type Family = FoundConfig["family"];
/** What a class of transformers computes. */
type Task = "logits" | "features" | "distilled";

const CLASSES: Readonly<Record<Family, Readonly<Record<string, Task>>>> = {
  deit: {
    DeiTForImageClassificationWithTeacher: "distilled",
    DeiTForImageClassification: "logits",
    DeiTModel: "features",
  },
  vit: { ViTForImageClassification: "logits", ViTModel: "features" },
  dinov2: { Dinov2ForImageClassification: "logits", Dinov2Model: "features" },
  dinov2_with_registers: {
    Dinov2WithRegistersForImageClassification: "logits",
    Dinov2WithRegistersModel: "features",
  },
};
/** transformers' names of the activations that are here. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu: "gelu",
  gelu_python: "gelu",
  gelu_new: "gelu_tanh",
  gelu_fast: "gelu_tanh",
  gelu_pytorch_tanh: "gelu_tanh",
  quick_gelu: "quick_gelu",
  relu: "relu",
  silu: "silu",
  swish: "silu",
};
const SQUARE_OR_SIDES: Check = either(SIZES.pixels, sizesTo(2 ** 14));
const LIST: Check = check(
  "an array with the name of one class",
  (value) => Array.isArray(value) && value.length === 1,
);

/**
 * Returns the config of transformers' `config.json`, of the model types deit, vit, dinov2 and dinov2_with_registers.
 *
 * Fields that are absent have transformers' defaults: `layer_norm_eps` 1e-12 of ViT and DeiT, 1e-6 of DINOv2, two classes. Models
 * without a head (`ViTModel`, …) have `classes: 0`: the normalized class token, without transformers' pooler.
 * `DeiTForImageClassification` and `DeiTModel` read the class token alone, but their distillation token takes part: it is here a
 * register with a position (`regTokens: 1`). DINOv2's classifier reads the class token beside the mean of the patches (`globalPool:
 * "token_avg"`). Dropout does not change answers, and is not everywhere where transformers has it: `hidden_dropout_prob` becomes
 * `dropRate`, and DINOv2's one `drop_path_rate` that of the last block.
 *
 * @param json - The parsed file.
 * @throws RangeError for another model type or class, an activation or size that the models here do not have, class names with
 * gaps, or sizes that no published model reaches; before anything is allocated.
 * @see https://huggingface.co/docs/transformers/model_doc/vit
 *
 * @example
 * const { config, distilled } = configFromHuggingFace({
 *   ...{ model_type: "vit", architectures: ["ViTForImageClassification"], layer_norm_eps: 1e-6, image_size: 32 },
 *   ...{ hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 3, intermediate_size: 96, patch_size: 8 },
 * });
 * const model = distilled ? deit(config) : vit(config);
 * console.log(model.outputs[0]?.shape); // [null, 2]
 */
export function configFromHuggingFace(json: unknown): FoundConfig {
  const caller = "configFromHuggingFace";
  const read = fieldsOf(caller, json);
  const family = read<Family | undefined>("model_type", oneOf(...Object.keys(CLASSES)), undefined);
  if (family === undefined) {
    throw refused(caller, `model_type to be ${Object.keys(CLASSES).join(", ")}`, undefined);
  }
  const task = taskOf(caller, read, family);
  const { classNames, ...classes } =
    task === "features" ? { classes: 0 } : classesOf(caller, read, json as object);
  const distilled = task === "distilled";
  const config: VitConfig = {
    ...sizesOf(caller, read, family),
    ...{ ...classes, init: "timm" },
    epsilon: read("layer_norm_eps", POSITIVE, family.startsWith("dinov2") ? 1e-6 : 1e-12),
    qkvBias: read("qkv_bias", BOOLEAN, true),
    dropRate: read("hidden_dropout_prob", RATE, 0),
    attnDropRate: read("attention_probs_dropout_prob", RATE, 0),
    ...(family.startsWith("dinov2") ? dinov2Of(read, family, classes.classes) : {}),
    ...(family === "deit" && !distilled && { regTokens: 1 }),
  };
  requireSane(caller, config, distilled);
  return { config, distilled, family, ...(classNames && { classNames }) };
}

function taskOf(caller: string, read: ReadField, family: Family): Task {
  const known = Object.keys(CLASSES[family]);
  const [name] = read<readonly unknown[]>("architectures", LIST, []);
  if (typeof name !== "string" || !known.includes(name)) {
    throw refused(caller, `architectures to be one of ${known.join(", ")}`, name);
  }
  return CLASSES[family][name]!;
}

function classesOf(caller: string, read: ReadField, json: object): FoundClasses {
  const labels = ownField(json, "id2label");
  const count = read<number | undefined>("num_labels", sizeTo(MOST_CLASSES), undefined);
  if (labels === undefined || labels === null) return { classes: count ?? 2 }; // transformers leaves two out
  const found = classesOfLabels(caller, labels);
  if (found.classes === 0) throw refused(caller, "id2label to name a class", labels);
  if (count !== undefined && count !== found.classes) {
    throw refused(caller, `num_labels to be ${found.classes}, the number of id2label's names`, count);
  }
  return found;
}

function sizesOf(caller: string, read: ReadField, family: Family): Omit<VitConfig, "classes"> {
  const patchSize = read<number | readonly number[]>(
    "patch_size",
    either(SIZES.pixels, sizesTo(2 ** 14)),
    family === "dinov2" ? 14 : 16,
  );
  const [side, other] = typeof patchSize === "number" ? [patchSize, patchSize] : patchSize;
  if (side !== other) throw refused(caller, "patch_size to be a square", patchSize);
  const dim = read("hidden_size", SIZES.dim, 768);
  const headDim = read<number | undefined>("head_dim", SIZES.dim, undefined);
  const activation = read("hidden_act", STRING, "gelu");
  if (!Object.hasOwn(ACTIVATIONS, activation)) {
    throw refused(caller, `hidden_act to be one of ${Object.keys(ACTIVATIONS).join(", ")}`, activation);
  }
  return {
    imageSize: read<VitConfig["imageSize"]>("image_size", SQUARE_OR_SIDES, 224),
    patchSize: side!,
    dim,
    depth: read("num_hidden_layers", SIZES.depth, 12),
    heads: read("num_attention_heads", SIZES.heads, 12),
    ...(headDim !== undefined && { headDim }),
    mlpRatio: family.startsWith("dinov2") ? 4 : read("intermediate_size", SIZES.hidden, 3072) / dim,
    channels: read("num_channels", SIZES.channels, 3),
    actLayer: ACTIVATIONS[activation]!,
  };
}

/** The fields that DINOv2 has beside ViT's. */
function dinov2Of(read: ReadField, family: Family, classes: number): Partial<VitConfig> {
  const dim = read("hidden_size", SIZES.dim, 768);
  const hidden = Math.trunc(dim * read("mlp_ratio", POSITIVE, 4));
  const gated = read<boolean>("use_swiglu_ffn", BOOLEAN, false);
  // transformers: two thirds of it, rounded up to a multiple of 8, twice: the gate and the value.
  const packed = 2 * 8 * Math.floor((Math.trunc((hidden * 2) / 3) + 7) / 8);
  return {
    mlpRatio: (gated ? packed : hidden) / dim,
    ...(gated && { mlpLayer: "swiglu_packed", actLayer: "silu" }),
    initValues: read("layerscale_value", POSITIVE, 1),
    dropPathRate: read("drop_path_rate", RATE, 0),
    ...(family === "dinov2_with_registers" && {
      regTokens: read("num_register_tokens", SIZES.registers, 4),
      noEmbedClass: true, // the class token's position is added to the token when weights are loaded
    }),
    ...(classes > 0 && { globalPool: "token_avg" }),
  };
}
