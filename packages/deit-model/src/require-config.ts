import {
  BOOLEAN,
  type Checks,
  COUNT,
  check,
  either,
  integerFrom,
  oneOf,
  optional,
  POSITIVE,
  RATE,
  requireOptions,
  UINT32,
} from "known-options";
import { ACTIVATION, MLP_NAME } from "vit-blocks";
import type { VitConfig } from "./config.ts";

/** Checks of {@link VitConfig}, field by field. */
export const VIT_CHECKS: Checks<VitConfig> = {
  imageSize: either(
    COUNT,
    check(
      "[height, width]",
      (value) => Array.isArray(value) && value.length === 2 && value.every((side) => COUNT.fits(side)),
    ),
  ),
  patchSize: COUNT,
  dim: COUNT,
  depth: COUNT,
  heads: COUNT,
  headDim: optional(COUNT),
  mlpRatio: optional(POSITIVE),
  channels: optional(COUNT),
  classes: integerFrom(0),
  dropPathRate: optional(RATE),
  dropRate: optional(RATE),
  attnDropRate: optional(RATE),
  epsilon: optional(POSITIVE),
  init: optional(oneOf("keras", "timm")),
  seed: optional(UINT32),
  allTokens: optional(BOOLEAN),
  regTokens: optional(integerFrom(0)),
  noEmbedClass: optional(BOOLEAN),
  initValues: optional(POSITIVE),
  qkNorm: optional(BOOLEAN),
  qkvBias: optional(BOOLEAN),
  projBias: optional(BOOLEAN),
  actLayer: optional(ACTIVATION),
  mlpLayer: optional(MLP_NAME),
  globalPool: optional(oneOf("token", "avg", "token_avg")),
  fcNorm: optional(BOOLEAN),
  patchDropRate: optional(RATE),
};

/** Returns an image's height and width in pixels. */
export function imageSides({ imageSize }: VitConfig): readonly [height: number, width: number] {
  return typeof imageSize === "number" ? [imageSize, imageSize] : imageSize;
}

/** Returns the hidden dimension of the MLPs: `dim · mlpRatio`, free of the rounding of a ratio that is a quotient. */
export function hiddenDimOf({ dim, mlpRatio = 4 }: VitConfig): number {
  const hidden = dim * mlpRatio;
  const whole = Math.round(hidden);
  return Math.abs(hidden - whole) <= whole * 1e-12 ? whole : hidden;
}

/**
 * Rejects an invalid config, before anything is allocated: fields one by one, then the sizes together.
 *
 * @param caller - First word of the error's message.
 * @throws TypeError for an unknown field; RangeError for a value that does not fit. Both name the caller and the field.
 *
 * @example
 * requireConfig("myModel", { ...config.deitTiny, classes: 5 });
 */
export function requireConfig(caller: string, config: VitConfig): void {
  requireOptions(caller, config, VIT_CHECKS);
  const [height, width] = imageSides(config);
  const { patchSize, dim, heads, headDim, mlpLayer, globalPool, fcNorm } = config;
  const hidden = hiddenDimOf(config);
  if (!Number.isInteger(hidden)) {
    throw new RangeError(`${caller}: hiddenDim, dim times mlpRatio, must be an integer, got ${hidden}`);
  }
  if (mlpLayer === "swiglu_packed" && hidden % 2 !== 0) {
    throw new RangeError(
      `${caller}: hiddenDim, dim times mlpRatio, must be even with mlpLayer 'swiglu_packed', got ${hidden}`,
    );
  }
  if (globalPool === "token_avg" && fcNorm === true) {
    throw new RangeError(`${caller}: fcNorm must be false with globalPool 'token_avg', got true`);
  }
  if (height % patchSize !== 0 || width % patchSize !== 0) {
    throw new RangeError(`${caller}: patchSize must divide the image ${height}x${width}, got ${patchSize}`);
  }
  if (headDim === undefined && dim % heads !== 0) {
    throw new RangeError(`${caller}: heads must divide dim ${dim} where no headDim is given, got ${heads}`);
  }
}

/**
 * Rejects a config that is not valid for a distilled model: as {@link requireConfig}, and what reads one token's norm or the patches.
 *
 * @param caller - First word of the error's message.
 * @throws As {@link requireConfig}; RangeError for a `globalPool` that is not `"token"` and for `fcNorm: true`.
 *
 * @example
 * requireDistilledConfig("myModel", { ...config.deitTiny, classes: 5 });
 */
export function requireDistilledConfig(caller: string, config: VitConfig): void {
  requireConfig(caller, config);
  const { globalPool = "token" } = config;
  if (globalPool !== "token") {
    throw new RangeError(
      `${caller}: globalPool must be 'token', for the heads of a distilled model read two class tokens, got '${globalPool}'`,
    );
  }
  if (config.fcNorm === true) {
    throw new RangeError(
      `${caller}: fcNorm must be false, for the heads of a distilled model share one norm, got true`,
    );
  }
}
