import { BOOLEAN, requireArguments } from "known-options";
import type { VitConfig } from "../config.ts";
import { hiddenDimOf, imageSides, requireConfig, requireDistilledConfig } from "../require-config.ts";

/**
 * Returns the number of parameters of a config's model, without making it: `countParams()` of {@link vit} or {@link deit}.
 *
 * @param distilled - Whether the model is distilled.
 * @throws As {@link requireConfig}.
 *
 * @example
 * console.log(parameterCount({ ...config.deitTiny, classes: 1000 }, true)); // 5910800
 */
export function parameterCount(config: VitConfig, distilled: boolean): number {
  (distilled ? requireDistilledConfig : requireConfig)("parameterCount", config);
  requireArguments("parameterCount", { distilled }, { distilled: BOOLEAN });
  const { patchSize, dim, heads, headDim = dim / heads, depth, channels = 3, classes } = config;
  const { regTokens = 0, noEmbedClass = false, initValues, qkNorm = false, qkvBias = true } = config;
  const { projBias = true, mlpLayer = "mlp", globalPool = "token" } = config;
  const [height, width] = imageSides(config);
  const hidden = hiddenDimOf(config);
  const classTokens = distilled ? 2 : 1;
  const positions = (height / patchSize) * (width / patchSize) + (noEmbedClass ? 0 : classTokens + regTokens);
  const inner = heads * headDim;
  const attention =
    dim * 3 * inner + (qkvBias ? 3 * inner : 0) + (qkNorm ? 4 * headDim : 0) + dense(inner, dim, projBias);
  const [firsts, second] = { mlp: [1, hidden], swiglu: [2, hidden], swiglu_packed: [1, hidden / 2] }[
    mlpLayer
  ] as [number, number];
  const mlp = firsts * dense(dim, hidden, projBias) + dense(second, dim, projBias);
  const block = 4 * dim + attention + mlp + (initValues === undefined ? 0 : 2 * dim);
  const head = classes === 0 ? 0 : dense(globalPool === "token_avg" ? 2 * dim : dim, classes, true);
  return (
    dense(patchSize * patchSize * channels, dim, true) +
    (classTokens + regTokens + positions) * dim +
    depth * block +
    2 * dim +
    classTokens * head
  );
}

const dense = (from: number, to: number, bias: boolean): number => from * to + (bias ? to : 0);
