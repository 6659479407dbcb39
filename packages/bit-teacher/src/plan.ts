import {
  type Check,
  type Checks,
  COUNT,
  check,
  either,
  integerFrom,
  oneOf,
  optional,
  POSITIVE,
  requireOptions,
  UINT32,
} from "known-options";
import type { BitConfig, BitSize } from "./config.ts";

/** One bottleneck unit: 1×1, 3×3 with the stride, 1×1. */
export interface UnitPlan {
  /** timm's name, `stages.0.blocks.0`. */
  readonly name: string;
  readonly inputs: number;
  readonly inner: number;
  readonly outputs: number;
  readonly stride: number;
  /** Whether the shortcut is a convolution: where stride or channels change. */
  readonly projects: boolean;
}

/** All sizes of a model, checked. */
export interface BitPlan {
  readonly stem: number;
  readonly units: readonly UnitPlan[];
  readonly features: number;
  readonly groups: number;
  readonly weightEpsilon: number;
}

const CHANNELS = [256, 512, 1024, 2048];
const BOTTLENECK = 4;

const COUNTS: Check = check(
  "integers >= 1",
  (value) => Array.isArray(value) && value.every((one) => COUNT.fits(one)),
);
/** Checks of a config; a backbone has the classifier's fields too, all optional. */
const CHECKS: Checks<BitConfig> = {
  depths: COUNTS,
  width: optional(COUNT),
  channels: optional(COUNTS),
  stemChannels: optional(COUNT),
  groups: optional(COUNT),
  weightEpsilon: optional(POSITIVE),
  classes: optional(integerFrom(0)),
  imageSize: optional(
    either(
      COUNT,
      check(
        "[height, width]",
        (value) => Array.isArray(value) && value.length === 2 && value.every((side) => COUNT.fits(side)),
      ),
    ),
  ),
  init: optional(oneOf("random", "zeros")),
  seed: optional(UINT32),
};

/**
 * Computes all sizes of a model.
 *
 * @throws TypeError for an unknown field; RangeError for a value that does not fit.
 */
export function planBit(caller: string, size: BitSize): BitPlan {
  requireOptions<Partial<BitConfig>>(caller, size, CHECKS);
  const { depths, width = 1, stemChannels = 64, groups = 32, weightEpsilon = 1e-10 } = size;
  const channels = size.channels ?? CHANNELS.slice(0, depths.length);
  if (depths.length === 0 || depths.length !== channels.length) {
    throw new RangeError(
      `${caller}: depths and channels must be one number a stage each, got [${depths}] and [${channels}]`,
    );
  }
  const stem = stemChannels * width;
  const units: UnitPlan[] = [];
  let inputs = stem;
  for (const [stage, depth] of depths.entries()) {
    const outputs = channels[stage]! * width;
    const inner = outputs / BOTTLENECK;
    if (inputs % groups !== 0 || inner % groups !== 0) {
      throw new RangeError(
        `${caller}: ${groups} groups must divide all channels, got ${inputs} into stage ${stage} and ${inner} inside it`,
      );
    }
    for (let i = 0; i < depth; i++) {
      const stride = i === 0 && stage > 0 ? 2 : 1;
      const projects = stride > 1 || inputs !== outputs;
      units.push({ name: `stages.${stage}.blocks.${i}`, inputs, inner, outputs, stride, projects });
      inputs = outputs;
    }
  }
  return { stem, units, features: inputs, groups, weightEpsilon };
}
