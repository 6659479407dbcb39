export { type AttentionMaps, attentionMaps } from "./attention-maps.ts";
export {
  type AttentionRolloutOptions,
  attentionRollout,
  type ModelAndImages,
} from "./attention-rollout.ts";
export { averageHeads } from "./average-heads.ts";
export { config, type VitConfig, type VitSize } from "./config.ts";
export { deit } from "./deit.ts";
export type { ClassToken, TokenLayout } from "./observe-attention.ts";
export { timmName } from "./timm-name.ts";
export { vit } from "./vit.ts";
