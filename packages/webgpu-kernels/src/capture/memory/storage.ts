import type * as tf from "@tensorflow/tfjs-core";

/** What a recorded step keeps one tensor's numbers in. */
export class Storage {
  /** `temporary`: made and used within the step. `outside`: a variable's, or another's that was there before. */
  readonly kind: "temporary" | "constant" | "input" | "outside";
  readonly bytes: number;
  /** A constant's numbers. */
  readonly values: Float32Array | Int32Array | undefined;
  /** Tensor that owns the buffer, if it is from outside the program. */
  readonly dataId: tf.DataId | undefined;
  /** Indices of the first and the last operation that use it. */
  first: number = Number.POSITIVE_INFINITY;
  last: number = Number.NEGATIVE_INFINITY;

  constructor(
    kind: Storage["kind"],
    bytes: number,
    { values, dataId }: { values?: Float32Array | Int32Array; dataId?: tf.DataId } = {},
  ) {
    this.kind = kind;
    this.bytes = bytes;
    this.values = values;
    this.dataId = dataId;
  }

  use(operation: number): void {
    this.first = Math.min(this.first, operation);
    this.last = Math.max(this.last, operation);
  }

  /** Keeps it until the step has ended. */
  keep(): void {
    this.last = Number.POSITIVE_INFINITY;
  }
}

/** A number of a uniform buffer that is computed anew for each run. */
export interface LiveNumber {
  readonly offset: number;
  readonly type: "float32" | "int32" | "uint32";
  readonly now: () => number;
}

/** One recorded dispatch. */
export interface Operation {
  /** Name of the program, for errors. */
  readonly name: string;
  readonly pipeline: { getBindGroupLayout(index: number): object };
  /** By binding. The uniforms' comes after them. */
  readonly storages: readonly Storage[];
  /** How many of the first storages it writes. */
  readonly writes: number;
  readonly uniforms: Uint8Array;
  readonly live: readonly LiveNumber[];
  readonly grid: readonly [x: number, y: number, z: number];
}
