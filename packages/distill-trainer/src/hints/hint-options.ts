import type * as tfl from "@tensorflow/tfjs-layers";
import {
  BOOLEAN,
  type Checks,
  COUNT,
  either,
  LIST,
  OBJECT,
  oneOf,
  optional,
  POSITIVE,
  STRING,
  UINT32,
} from "known-options";
import { FEATURE_LOSS, type FeatureLoss } from "../losses/feature-loss.ts";
import { GRID, type Grid } from "../losses/resize-maps.ts";
import type { FeatureStatistics } from "../losses/whiten.ts";
import { LAYERED_TEACHER, type LayeredTeacher } from "../teachers/teacher.ts";

/** A pair of layers: the student's features, projected linearly, learn the teacher's. */
export interface Hint {
  /** Teacher's layer, with maps, tokens or vectors as its output. */
  readonly teacher: string;
  /** Student's layer, a direct layer of the model. Default: the block before the last. */
  readonly student?: string;
  /** Weight of the pair's loss. Default 2.5. */
  readonly weight?: number;
  /** Loss. Default `"mse"`. */
  readonly loss?: FeatureLoss;
  /** Whitening of the teacher's features: LayerNorm, none, or each channel by its statistics. Default `"layer"`. See {@link whiten}. */
  readonly whitening?: "layer" | "none" | FeatureStatistics;
  /** Whether the student's features pass a trained linear projection; required where channels differ. Default true. */
  readonly projects?: boolean;
  /** Rows and columns of the teacher's tokens, the last of them all; required for a teacher's layer of tokens. */
  readonly teacherGrid?: Grid;
  /** Channels of the teacher's layer; required if the teacher does not tell. */
  readonly channels?: number;
}

/** Options of {@link FeatureHints}. */
export interface FeatureHintsOptions {
  /** Model that is trained. */
  readonly student: tfl.LayersModel;
  /** Teacher with inner layers. */
  readonly teacher: LayeredTeacher;
  /** Pairs of layers. Default: one for each layer that the teacher suggests. */
  readonly pairs?: readonly Hint[];
  /** Course of all weights over the steps: `"cosine"` falls to 0 at `steps`. Default `"constant"`. */
  readonly schedule?: "constant" | "cosine";
  /** Optimizer step from which on there are no hints; required for a cosine. Default: never. */
  readonly steps?: number;
  /** Rows and columns of the student's patch tokens. Default: from its first layer of tokens, in the image's proportions. */
  readonly studentGrid?: Grid;
  /** Seed of the projections' initial weights, uint32. Default 0. */
  readonly seed?: number;
}

export const HINT_CHECKS: Checks<Hint> = {
  teacher: STRING,
  student: optional(STRING),
  weight: optional(POSITIVE),
  loss: optional(FEATURE_LOSS),
  whitening: optional(either(oneOf("layer", "none"), OBJECT)),
  projects: optional(BOOLEAN),
  teacherGrid: optional(GRID),
  channels: optional(COUNT),
};

export const HINTS_CHECKS: Checks<FeatureHintsOptions> = {
  student: OBJECT,
  teacher: LAYERED_TEACHER,
  pairs: optional(LIST),
  schedule: optional(oneOf("constant", "cosine")),
  steps: optional(COUNT),
  studentGrid: optional(GRID),
  seed: optional(UINT32),
};
