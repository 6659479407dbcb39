import type { VitConfig } from "./config.ts";

/** Height and width in pixels. */
export function imageSides({ imageSize }: VitConfig): readonly [height: number, width: number] {
  return typeof imageSize === "number" ? [imageSize, imageSize] : imageSize;
}

/**
 * Refuses a config that makes no model, before anything is allocated.
 *
 * @throws RangeError that names the caller, the field, what was expected and what was got.
 */
export function requireConfig(caller: string, config: VitConfig): void {
  const [height, width] = imageSides(config);
  const { patchSize, dim, depth, heads, classes, headDim, channels = 3, mlpRatio = 4 } = config;
  const counts = {
    height,
    width,
    patchSize,
    dim,
    depth,
    heads,
    classes,
    channels,
    hiddenDim: dim * mlpRatio,
  };
  for (const [name, value] of Object.entries(headDim === undefined ? counts : { ...counts, headDim })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new RangeError(`${caller}: ${name} must be an integer >= 1, got ${value}`);
    }
  }
  if (height % patchSize !== 0 || width % patchSize !== 0) {
    throw new RangeError(`${caller}: patchSize must divide the image ${height}x${width}, got ${patchSize}`);
  }
  if (headDim === undefined && dim % heads !== 0) {
    throw new RangeError(`${caller}: heads must divide dim ${dim} where no headDim is given, got ${heads}`);
  }
  const { dropPathRate = 0, dropoutRate = 0, attentionDropoutRate = 0, epsilon = 1e-6 } = config;
  for (const [name, rate] of Object.entries({ dropPathRate, dropoutRate, attentionDropoutRate })) {
    if (!(rate >= 0 && rate < 1)) throw new RangeError(`${caller}: ${name} must be in [0, 1), got ${rate}`);
  }
  const { init = "keras" } = config;
  if (init !== "keras" && init !== "timm") {
    throw new RangeError(`${caller}: init must be 'keras' or 'timm', got '${String(init)}'`);
  }
  if (!(epsilon > 0)) throw new RangeError(`${caller}: epsilon must be > 0, got ${epsilon}`);
}
