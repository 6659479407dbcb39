// Tasks.

export {
  type BatchLogs,
  type CapturedForward,
  type MicroBatch,
  type Outcome,
  type Prepared,
  type Task,
  tidyOutcome,
} from "./task.ts";

// Training.

export { type BestLog, bestEpoch } from "./best-epoch.ts";
export { type CapturedForwards, capturedForwards } from "./engine/captured/captured-forwards.ts";
export { BackendLostError } from "./fit/backend-lost.ts";
export { type EvaluateOptions, evaluate } from "./fit/evaluate.ts";
export { fit } from "./fit/fit.ts";
export type { FitCallback, FitOptions } from "./fit/fit-options.ts";
export type { RunCallback } from "./fit/run-callback.ts";
export { RunMeter, type StepFigures } from "./fit/run-meter.ts";
export type { ReplicaOptions } from "./fit/start-engine.ts";
export { nextTask } from "./next-task.ts";
export { STEP_CHECKS, type StepOptions } from "./step/take-step.ts";

// Data.

export { type CheckedSource, checkedBatches, requireSource } from "./checks/checked-batches.ts";
export { checkedShards } from "./checks/checked-shards.ts";
export { type ArraySourceOptions, arraySource, type Samples } from "./data/array-source.ts";
export { type BatchShard, batchesPerEpoch, type DataSource } from "./data/data-source.ts";
export { fromTensors } from "./data/from-tensors.ts";
export {
  type BatchedDataset,
  type DatasetOfEpochs,
  type FromTfDataOptions,
  fromTfData,
} from "./data/tf-data.ts";
export { disposeMicroBatch, microBatchRanges, rowsOfBatch, toMicroBatch } from "./step/micro-batch.ts";
export { pickRows } from "./step/pick-rows.ts";

// Checkpoints.

export { type LoadWeightsOptions, loadCheckpointWeights } from "./checkpoint/load-weights.ts";
export type { CheckpointEvent, CheckpointOptions } from "./checkpoint/options.ts";
export { OtherRunError } from "./checkpoint/other-run-error.ts";
export type { CheckpointStorage } from "./checkpoint/storage.ts";

// Replicas and ranks.

export type { Buffered, Communicator } from "./communicator/communicator.ts";
export type {
  ReplicaContext,
  ReplicaModule,
  ReplicaSetup,
  ReplicaWorkers,
} from "./replicas/replica-setup.ts";
