import { type Checks, check, oneOf, requireOptions, UINT32 } from "known-options";
import type { Settings } from "../../session/types.ts";

/** Settings of a new project: drawn flowers or small photos, in a few minutes on one core. */
export const DEFAULT_SETTINGS: Settings = {
  start: "nothing",
  teaching: "features",
  imageSize: 48,
  epochs: 12,
  teacherEpochs: 8,
  seed: 42,
};

const IMAGE_SIZE = check(
  "a multiple of 16 in [32, 224]",
  (value) =>
    Number.isInteger(value) &&
    (value as number) % 16 === 0 &&
    (value as number) >= 32 &&
    (value as number) <= 224,
);

/** More would take years, and their steps could not be counted. */
const MOST_EPOCHS = 10_000;
const EPOCHS = check(
  `an integer in [1, ${MOST_EPOCHS}]`,
  (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_EPOCHS,
);

const CHECKS: Checks<Settings> = {
  start: oneOf("nothing", "published"),
  teaching: oneOf("none", "answers", "features"),
  imageSize: IMAGE_SIZE,
  epochs: EPOCHS,
  teacherEpochs: EPOCHS,
  seed: UINT32,
};

/** @throws TypeError or RangeError for what are no settings, such as those of a damaged file. */
export function requireSettings(settings: Settings): Settings {
  requireOptions("settings", settings, CHECKS);
  return settings;
}
