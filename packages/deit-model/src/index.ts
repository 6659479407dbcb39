export { averageHeads } from "./average-heads.ts";
export { config, type VitConfig, type VitSize } from "./config.ts";
export { deit } from "./deit.ts";
export { timmName } from "./timm-name.ts";
export { vit } from "./vit.ts";
