import type { HintOptions } from "distill-trainer";
import type { LogitStoreOptions } from "distill-trainer/node";
import type { Settings } from "../settings/settings.ts";
import type { FoldStage, StageName } from "../stage-name.ts";

/** What a student is taught by, as rank 0 has found it out. */
export interface Teaching {
  /** Options of the store of the teacher's logits, if there is one. */
  readonly logits?: LogitStoreOptions | undefined;
  /** Options of the hints, if there are any. */
  readonly hints?: HintOptions | undefined;
}

/** Identity of data, down to the bytes. */
export interface DataIdentity {
  /** As in a run's folder. */
  readonly record: Readonly<Record<string, unknown>>;
  /** SHA-256 of all pictures' bytes, in their order. */
  readonly bytes: string;
}

/** A file that is sent: its path below the receiver's folder, parts separated by `/`, and its bytes. */
export interface SentFile {
  readonly path: string;
  readonly size: number;
}

/** What rank 0 tells the others, which wait for it. */
export type Message =
  /** A run begins: open the same data. */
  | {
      readonly kind: "open";
      readonly settings: Settings;
      readonly backend: string;
      readonly data: DataIdentity;
    }
  /** The files themselves follow. */
  | { readonly kind: "files"; readonly files: readonly SentFile[] }
  /** Prepare a training. */
  | { readonly kind: "train"; readonly stage: StageName | FoldStage; readonly settings: Settings }
  /** What a student is taught by. */
  | { readonly kind: "teach"; readonly teaching: Teaching }
  /** Begin the training. */
  | { readonly kind: "go" }
  /** The run has ended. */
  | { readonly kind: "close" }
  /** The program has ended. */
  | { readonly kind: "end"; readonly exitCode: number };
