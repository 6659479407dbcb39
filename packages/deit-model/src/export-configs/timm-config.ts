import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, MODEL, OBJECT, optional, requireArguments, requireOptions } from "known-options";
import { modelWeights } from "named-weights";
import type { VitConfig } from "../config.ts";
import type { Preprocessing } from "../configs/preprocessing.ts";
import { hiddenDimOf, imageSides } from "../require-config.ts";
import { requireHeld } from "../weights/held-by.ts";
import { timmName } from "../weights/timm-name.ts";
import { configOf } from "./config-of.ts";
import { CLASS_NAMES, namesFor } from "./label-names.ts";
import { requirePreprocessing } from "./require-preprocessing.ts";

/** Options of {@link timmConfig}. */
export interface TimmConfigOptions {
  /** Names of the classes, in the order of the logits. Default: none in the file. */
  readonly classNames?: readonly string[];
  /** Preprocessing of pictures. Default: none in the file; timm then takes that of the architecture. */
  readonly preprocessing?: Preprocessing;
}

const CHECKS: Checks<TimmConfigOptions> = {
  classNames: optional(CLASS_NAMES),
  preprocessing: optional(OBJECT),
};

/** LayerNorm's epsilon in all of timm's ViTs. */
const EPSILON = 1e-6;

/**
 * Returns the contents of timm's `config.json` for a model whose weights are saved with `names: "timm"`: `architecture`, the
 * `model_args` that differ from it, and `pretrained_cfg`. A folder of both is what `timm.create_model("local-dir:…")` reads.
 *
 * @param model - A model of {@link vit} or {@link deit}. Not changed.
 * @throws RangeError if timm has no such model, with the first difference; for names that are not as many as the classes; or for
 * preprocessing that timm's transforms cannot do. TypeError for an unknown option.
 * @see https://huggingface.co/docs/timm/models
 *
 * @example
 * const student = deit({ imageSize: 32, patchSize: 8, dim: 24, depth: 2, heads: 3, classes: 2 });
 * console.log(timmConfig(student).architecture); // deit_tiny_distilled_patch16_224
 */
export function timmConfig(model: tfl.LayersModel, options: TimmConfigOptions = {}): Record<string, unknown> {
  const { classNames, preprocessing } = requireOptions("timmConfig", options, CHECKS);
  requireArguments("timmConfig", { model }, { model: MODEL });
  if (preprocessing !== undefined) requirePreprocessing("timmConfig", preprocessing);
  requireHeld("timmConfig", "timm", model, modelWeights("timmConfig", model, timmName));
  const { config, distilled } = configOf(model);
  if (config.epsilon !== EPSILON)
    throw new RangeError(
      `timmConfig: timm cannot hold this model: its epsilon of LayerNorm is ${EPSILON}, got ${config.epsilon}`,
    );
  if (config.globalPool === "token_avg")
    throw new RangeError(
      "timmConfig: timm cannot hold this model: its heads read the class token or the mean of the patches, not both",
    );
  const { classes, channels = 3 } = config;
  const names = classNames && namesFor("timmConfig", classNames, classes);
  return {
    architecture: architectureOf(config, distilled),
    num_classes: classes,
    num_features: config.dim,
    global_pool: config.globalPool ?? "token",
    model_args: modelArgs(config),
    ...(names && { label_names: names }),
    pretrained_cfg: {
      custom_load: false,
      input_size: [channels, ...imageSides(config)],
      fixed_input_size: true,
      ...(preprocessing && transforms(imageSides(config), preprocessing)),
      num_classes: classes,
      pool_size: null,
      first_conv: "patch_embed.proj",
      classifier: distilled ? ["head", "head_dist"] : "head",
    },
  };
}

/** A model of timm's whose class and kind of MLP are the model's; `model_args` give it its sizes. */
function architectureOf({ mlpLayer = "mlp" }: VitConfig, distilled: boolean): string {
  if (mlpLayer === "mlp") return distilled ? "deit_tiny_distilled_patch16_224" : "vit_tiny_patch16_224";
  if (mlpLayer === "swiglu_packed" && !distilled) return "vit_giant_patch14_reg4_dinov2";
  // A class, which a JSON file cannot name; no plain ViT of timm's has it.
  throw new RangeError(
    `timmConfig: timm cannot hold this model: its config files have no ${distilled ? "distilled model" : "model"} with mlpLayer '${mlpLayer}'`,
  );
}

function modelArgs(config: VitConfig): Record<string, unknown> {
  const { patchSize, dim, depth, heads, channels = 3, classes, actLayer, mlpLayer = "mlp" } = config;
  const { qkvBias = true, qkNorm = false, projBias = true, regTokens = 0 } = config;
  const { noEmbedClass = false, globalPool = "token", fcNorm } = config;
  return {
    img_size: imageSides(config),
    patch_size: patchSize,
    in_chans: channels,
    num_classes: classes,
    embed_dim: dim,
    depth,
    num_heads: heads,
    mlp_ratio: ratioOf(config),
    qkv_bias: qkvBias,
    qk_norm: qkNorm,
    proj_bias: projBias,
    ...scaleOf(config),
    reg_tokens: regTokens,
    no_embed_class: noEmbedClass,
    global_pool: globalPool,
    ...(fcNorm !== undefined && { fc_norm: fcNorm }),
    ...((actLayer ?? mlpLayer !== "mlp") && { act_layer: actLayer ?? "silu" }),
  };
}

/** LayerScale, or 0 where an architecture has it and the model has not: arguments that are null are left out by `create_model`. */
function scaleOf({ initValues, mlpLayer = "mlp" }: VitConfig): Record<string, unknown> {
  if (initValues !== undefined) return { init_values: initValues };
  return mlpLayer === "mlp" ? {} : { init_values: 0 };
}

/** A ratio from which timm, which rounds down, gets the hidden dimension. */
function ratioOf(config: VitConfig): number {
  const hidden = hiddenDimOf(config);
  const ratio = hidden / config.dim;
  return Math.trunc(config.dim * ratio) === hidden ? ratio : (hidden + 0.5) / config.dim;
}

/** Fields of `pretrained_cfg` from which timm makes the transforms of evaluation. */
function transforms(
  [height, width]: readonly [number, number],
  preprocessing: Preprocessing,
): Record<string, unknown> {
  const { resize, resample, centerCrop, rescale, mean, std } = preprocessing;
  const refuse = (expected: string, got: unknown) =>
    new RangeError(`timmConfig: preprocessing must have ${expected} for timm, got ${JSON.stringify(got)}`);
  if (Math.abs(rescale * 255 - 1) > 1e-6) throw refuse("rescale 1/255", rescale);
  if (resize === undefined) throw refuse("a resize", resize);
  const [high, wide] = centerCrop ?? [height, width];
  if (high !== height || wide !== width)
    throw refuse(`the crop [${height}, ${width}], which the model takes`, centerCrop);
  const isSquash = "height" in resize;
  const from = isSquash ? [resize.height, resize.width] : [resize.shortestEdge, resize.shortestEdge];
  const share = [height, width].map((side, i) => shareOf(side, from[i]!));
  if (share[0] === undefined || share[0] !== share[1])
    throw refuse("one share of both sides that is cropped", preprocessing);
  return {
    interpolation: resample,
    crop_pct: share[0],
    crop_mode: isSquash ? "squash" : "center",
    mean,
    std,
  };
}

/** The shortest number that timm divides `side` by to get `from`, rounded down. */
function shareOf(side: number, from: number): number | undefined {
  const candidates = [2, 3, 4, 6].map((digits) => Number((side / from).toFixed(digits)));
  return [...candidates, side / from, side / (from + 0.5)].find(
    (share) => share <= 1 && Math.floor(side / share) === from,
  );
}
