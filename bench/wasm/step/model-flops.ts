import type { VitSize } from "deit-model";

/**
 * GFLOP of one image through a distilled ViT's matrix products, forward pass; a training step takes three times that
 * (less the gradient of the image itself, which is not computed), of the patches that patch dropout keeps.
 */
export function gigaflops(size: VitSize, { backward }: { readonly backward: boolean }): number {
  const { dim, depth, heads, patchSize, headDim = dim / heads, mlpRatio = 4, patchDropRate = 0 } = size;
  const classTokens = 2;
  const patches = ((size.imageSize as number) / patchSize) ** 2; // the presets are square
  const kept = backward ? Math.max(1, Math.floor(patches * (1 - patchDropRate))) : patches;
  const tokens = kept + classTokens;
  const width = heads * headDim;
  const embedding = 2 * patches * patchSize ** 2 * 3 * dim;
  const block = (asked: number) =>
    2 * tokens * dim * 3 * width + // q, k and v; the last block computes all of them
    2 * 2 * asked * tokens * width +
    2 * asked * width * dim +
    2 * 2 * asked * dim * dim * mlpRatio;
  const blocks = (depth - 1) * block(tokens) + block(size.allTokens ? tokens : classTokens);
  return (backward ? 2 * embedding + 3 * blocks : embedding + blocks) / 1e9;
}
