import {
  ABORT_SIGNAL,
  type Check,
  type Checks,
  check,
  FUNCTION,
  integerFrom,
  OBJECT,
  optional,
} from "known-options";
import type { Environment } from "./environment.ts";

/** Bytes of a file that have arrived. */
export interface HubProgress {
  /** Name of the file in its repository. */
  readonly file: string;
  /** Bytes on disk, those of an earlier try included. */
  readonly received: number;
  /** Size in bytes, if the hub tells. */
  readonly total: number | undefined;
}

/** Options of downloads from the hub. */
export interface HubOptions {
  /** Called before the first byte of a file, and as bytes arrive. */
  readonly onProgress?: (progress: HubProgress) => void;
  /** Stops the download; what has arrived is kept, and the next call resumes it. */
  readonly signal?: AbortSignal | undefined;
  /** Tries without a new byte before giving up. Default 5. */
  readonly retries?: number;
  /** Milliseconds before the first of these tries; doubled before each further one. Default 1000. */
  readonly retryDelay?: number;
  /** Milliseconds without a byte after which a connection counts as broken. Default 60 000. */
  readonly timeout?: number;
  /**
   * Variables `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`, `HF_HUB_CACHE`, `HF_HOME`, `HF_HUB_DISABLE_SYMLINKS`. Default: those of
   * the process.
   */
  readonly env?: Environment;
}

/** Checks of {@link HubOptions}. */
export const HUB_CHECKS: Checks<HubOptions> = {
  onProgress: optional(FUNCTION),
  signal: optional(ABORT_SIGNAL),
  retries: optional(integerFrom(0)),
  retryDelay: optional(integerFrom(0)),
  timeout: optional(integerFrom(1)),
  env: optional(OBJECT),
};

/** Checks the name of a file in a repository: a relative path that stays in its folder. */
export const FILE_NAME: Check = check(
  "the name of a file such as config.json or onnx/model.onnx",
  (value) => typeof value === "string" && isFileName(value),
);

/** Whether a name is a relative path, with slashes, that stays in its folder on every system. */
export function isFileName(name: string): boolean {
  return /^[^\\:\p{Cc}]{1,1000}$/u.test(name) && name.split("/").every((part) => !/^\.*$/.test(part));
}
