import type { Batch, RankShare } from "sample-keys";
import { ROOT } from "../communicator/broadcast-json.ts";
import { bytesOf, type Communicator } from "../communicator/communicator.ts";
import type { BatchPart } from "../step/batch-part.ts";

/** Command of rank 0 to the others. */
export type Command =
  /** Check the task, then call the barrier. */
  | { readonly kind: "begin"; readonly work: WorkDescription }
  | { readonly kind: "measure" }
  /** Receive the weights of the model and those that the task trains beside it. */
  | { readonly kind: "weights" }
  /** Receive the rows of a batch's part, in rounds of one micro-batch per replica. */
  | {
      readonly kind: "train" | "evaluate";
      readonly microBatchSize: number;
      /** Index of the optimizer step; 0 in an evaluation. */
      readonly step: number;
      readonly batch: BatchDescription;
    }
  | { readonly kind: "end" };

/** Properties of a task that must be equal on all ranks. */
export interface WorkDescription {
  readonly settings: Readonly<Record<string, unknown>>;
  /** Shapes of all the model's weights, in their order, then of those that the task trains beside them. */
  readonly shapes: readonly (readonly number[])[];
}

/** Shapes of a batch's part. */
export interface BatchDescription {
  readonly rows: number;
  /** Rows of the whole batch, and which of them these are. */
  readonly place: { readonly total: number; readonly share: RankShare };
  /** Shape of one row. */
  readonly sample: readonly number[];
  readonly teacherSample?: readonly number[];
  /** Width of the targets, if any. */
  readonly classes?: number;
  readonly hasViewKeys: boolean;
  readonly hasLabelWeights: boolean;
}

export function describeBatch({ batch, total, share }: BatchPart): BatchDescription {
  const { shape, teacherImages, teacherShape, targets, labels, labelWeights, viewKeys } = batch;
  return {
    rows: labels.length,
    place: { total, share },
    sample: shape.slice(1),
    ...(teacherImages !== undefined &&
      teacherShape !== undefined && { teacherSample: teacherShape.slice(1) }),
    ...(targets !== undefined && { classes: targets.length / labels.length }),
    hasViewKeys: viewKeys !== undefined,
    hasLabelWeights: labelWeights !== undefined,
  };
}

/** Allocates rows of a batch to receive into. */
export function emptyBatch(description: BatchDescription, rows: number): Batch {
  const { sample, teacherSample, classes, hasViewKeys, hasLabelWeights } = description;
  return {
    images: new Float32Array(rows * sizeOf(sample)),
    shape: [rows, ...sample],
    labels: new Int32Array(rows),
    sampleKeys: new Uint32Array(rows),
    ...(classes !== undefined && { targets: new Float32Array(rows * classes) }),
    ...(teacherSample !== undefined && {
      teacherImages: new Float32Array(rows * sizeOf(teacherSample)),
      teacherShape: [rows, ...teacherSample],
    }),
    ...(hasViewKeys && { viewKeys: new BigUint64Array(rows) }),
    ...(hasLabelWeights && { labelWeights: new Float32Array(rows) }),
  };
}

/** Sends rows of a batch on rank 0, receives them on the others. */
export async function broadcastBatch(communicator: Communicator, batch: Batch): Promise<void> {
  const { images, labels, labelWeights, sampleKeys, targets, teacherImages, viewKeys } = batch;
  for (const field of [images, labels, labelWeights, sampleKeys, targets, teacherImages, viewKeys]) {
    if (field !== undefined) await communicator.broadcast(bytesOf(field), ROOT);
  }
}

/** Returns a replica's rows of a round; shares differ by at most one row. */
export function shareOf(rows: number, replica: number, replicas: number): [start: number, end: number] {
  return [Math.floor((rows * replica) / replicas), Math.floor((rows * (replica + 1)) / replicas)];
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}
