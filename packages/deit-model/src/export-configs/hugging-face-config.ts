import type * as tfl from "@tensorflow/tfjs-layers";
import { BOOLEAN, type Checks, MODEL, optional, requireArguments, requireOptions } from "known-options";
import { modelWeights } from "named-weights";
import type { Activation } from "vit-blocks";
import { hiddenDimOf } from "../require-config.ts";
import { requireHeld } from "../weights/held-by.ts";
import { timmName } from "../weights/timm-name.ts";
import { configOf } from "./config-of.ts";
import { CLASS_NAMES, namesFor } from "./label-names.ts";

/** Options of {@link huggingFaceConfig}. */
export interface HuggingFaceConfigOptions {
  /** Names of the classes, in the order of the logits. Default: transformers' own, `LABEL_0` and so on. */
  readonly classNames?: readonly string[];
  /** Whether a picture may have several classes, so that programs take a sigmoid of each logit. Default false. */
  readonly multiLabel?: boolean;
}

const CHECKS: Checks<HuggingFaceConfigOptions> = {
  classNames: optional(CLASS_NAMES),
  multiLabel: optional(BOOLEAN),
};

/** transformers' names of activations. */
const ACTIVATIONS: Readonly<Record<Activation, string>> = {
  gelu: "gelu",
  gelu_tanh: "gelu_pytorch_tanh",
  quick_gelu: "quick_gelu",
  relu: "relu",
  silu: "silu",
};

/**
 * Returns the contents of transformers' `config.json` for a model whose weights are saved with `names: "huggingface"`:
 * `DeiTForImageClassificationWithTeacher` for a distilled model, else `ViTForImageClassification`.
 *
 * Beside transformers' fields it says that `onnx/model.onnx` is the file that transformers.js opens if no precision is asked for;
 * in a browser it would look for a quantized one.
 *
 * @param model - A model of {@link vit} or {@link deit} with one number of classes in every head. Not changed.
 * @throws RangeError if transformers has no such model, with the first difference, or for names that are not as many as the classes.
 * TypeError for an unknown option.
 * @see https://huggingface.co/docs/transformers/model_doc/deit
 *
 * @example
 * const student = deit({ imageSize: 32, patchSize: 8, dim: 24, depth: 2, heads: 3, classes: 2 });
 * const json = huggingFaceConfig(student, { classNames: ["daisy", "rose"] });
 * console.log(json.model_type, json.layer_norm_eps); // deit 0.000001
 */
export function huggingFaceConfig(
  model: tfl.LayersModel,
  options: HuggingFaceConfigOptions = {},
): Record<string, unknown> {
  const { classNames, multiLabel = false } = requireOptions("huggingFaceConfig", options, CHECKS);
  requireArguments("huggingFaceConfig", { model }, { model: MODEL });
  requireHeld("huggingFaceConfig", "huggingface", model, modelWeights("huggingFaceConfig", model, timmName));
  const { config, distilled } = configOf(model);
  const { imageSize, patchSize, dim, depth, heads, channels = 3, classes, epsilon } = config;
  const { qkvBias = true, actLayer = "gelu" } = config;
  const names = namesFor("huggingFaceConfig", classNames, classes);
  return {
    architectures: [distilled ? "DeiTForImageClassificationWithTeacher" : "ViTForImageClassification"],
    model_type: distilled ? "deit" : "vit",
    image_size: imageSize,
    patch_size: patchSize,
    num_channels: channels,
    hidden_size: dim,
    num_hidden_layers: depth,
    num_attention_heads: heads,
    intermediate_size: hiddenDimOf(config),
    hidden_act: ACTIVATIONS[actLayer],
    layer_norm_eps: epsilon, // transformers' default is 1e-12
    qkv_bias: qkvBias,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    initializer_range: 0.02,
    ...(multiLabel && { problem_type: "multi_label_classification" }),
    id2label: Object.fromEntries(names.map((name, i) => [i, name])),
    label2id: Object.fromEntries(names.map((name, i) => [name, i])),
    torch_dtype: "float32",
    "transformers.js_config": { dtype: "fp32" },
  };
}
