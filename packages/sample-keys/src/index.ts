// Keys.

export { mix64 } from "./mix64.ts";
export { sampleKey } from "./sample-key.ts";
export { siteOf } from "./site.ts";

// Random numbers.

export { type Draws, drawsAt, drawsFrom } from "./draws.ts";
export { normal } from "./normal.ts";
export { permutation } from "./permutation.ts";
export { philox2x32 } from "./philox.ts";
export { uniform } from "./uniform.ts";

// Batches.

export { type Batch, MULTI_LABEL } from "./batch.ts";
export { type RankShare, rowsOfRank } from "./rows-of-rank.ts";
