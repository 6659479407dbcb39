import * as tf from "@tensorflow/tfjs-core";
import { type LastingTensor, recordedBy, type StepRecorder } from "kernel-contract";
import { type Operation, Storage } from "../memory/storage.ts";
import { unshare } from "../memory/unshare.ts";
import { bytesOf, type RecordedBackend, type TensorData } from "../recorded-backend.ts";
import { Overrides } from "./overrides.ts";
import { recordOperation } from "./record-operation.ts";
import { refusedReads } from "./refused-reads.ts";

/** The part of tfjs' optimizers that counts their steps. */
const OPTIMIZER = tf.Optimizer.prototype as unknown as {
  incrementIterations(): void;
  getClassName(): string;
};

/** The part of tfjs' engine that knows all tensors. */
interface Tracking {
  trackTensor(tensor: tf.Tensor, ...more: unknown[]): void;
}

/** A scalar of the step whose number is computed for each run. */
export interface LiveScalar {
  readonly storage: Storage;
  readonly now: () => number;
}

/** The parts of a program of tfjs that are looked at. */
interface Recorded {
  readonly constructor: { readonly name: string };
  /** Set if it reads or draws a picture. */
  readonly pixelsOpType?: unknown;
}

/** Records what a step would have the GPU do. Nothing is computed, and nothing that was there before is changed. */
export class Recorder implements StepRecorder {
  readonly operations: Operation[] = [];
  readonly before: (() => void)[] = [];
  readonly after: (() => void)[] = [];
  readonly lasting: LastingTensor[] = [];
  readonly numbers: LiveScalar[] = [];
  /** Most bytes of temporaries at a time, each freed when tfjs disposes it. */
  eagerBytes = 0;
  readonly #backend: RecordedBackend;
  readonly #overrides = new Overrides();
  readonly #made = new Set<tf.DataId>();
  readonly #outside = new Map<tf.DataId, Storage>();
  /** Variables' data, and the number of those who hold it while nobody else does. */
  readonly #variables = new Map<tf.DataId, number>();
  /** The tensors that last, as they were. */
  readonly #before = new Map<LastingTensor, tf.TensorInfo>();
  readonly #lastingData = new Set<tf.DataId>();
  /** Tensors that the step has made so far. */
  readonly #tensors: tf.Tensor[] = [];
  #liveBytes = 0;
  #failure: Error | undefined;

  constructor(backend: RecordedBackend) {
    this.#backend = backend;
  }

  /** Lets the step read a variable, and overwrite it while its data has no more than that many holders. */
  allowVariable(variable: tf.TensorInfo, holders: number): void {
    this.#variables.set(variable.dataId, holders);
    this.allow(variable);
  }

  /** Lets the step read a tensor from outside. */
  allow({ dataId, shape }: tf.TensorInfo): void {
    if (this.#outside.has(dataId)) return;
    this.#outside.set(dataId, new Storage("outside", bytesOf(shape), { dataId }));
  }

  /** A tensor of the step's inputs. */
  input(shape: readonly number[], dtype: "float32" | "int32"): tf.TensorInfo {
    const tensor = this.#backend.makeTensorInfo([...shape], dtype);
    this.#backend.tensorMap.get(tensor.dataId).resource = new Storage("input", bytesOf(shape));
    return tensor;
  }

  /** The storage of a tensor of the step; a constant's is made. */
  storageOf(tensor: tf.TensorInfo, reader: string): Storage {
    const { dataId, shape, dtype } = tensor;
    const outside = this.#outside.get(dataId);
    if (outside !== undefined) return outside;
    if (!this.#made.has(dataId)) {
      const { registeredVariables } = tf.engine();
      const variable = Object.values(registeredVariables).find((each) => each.dataId === dataId);
      if (variable !== undefined)
        this.#fail(
          `${reader} reads the variable '${variable.name}', which is on another backend: use it once on this one before`,
        );
      const { id } = tensor as Partial<tf.Tensor>;
      this.#fail(
        `${reader} reads a tensor, ${dtype} [${shape}]${id === undefined ? "" : ` (id ${id})`}, that is neither an input nor a variable: ` +
          "give it to the step as an input, or list it under reads if it never changes",
      );
    }
    this.#backend.uploadToGPU(dataId);
    return this.#backend.tensorMap.get(dataId).resource as Storage;
  }

  /** Tensors of the step that have outlived it. */
  survivors(): TensorData[] {
    const { tensorMap } = this.#backend;
    return [...this.#made].flatMap((dataId) => (tensorMap.has(dataId) ? [tensorMap.get(dataId)] : []));
  }

  /** @throws Error the first thing that cannot be recorded, even if the step has caught it. */
  run<T>(step: () => T): T {
    this.#listen();
    try {
      const result = recordedBy(this, step);
      if (this.#failure !== undefined) throw this.#failure;
      return result;
    } catch (error) {
      this.#overrides.restore();
      this.#disposeTensors();
      throw this.#failure ?? error;
    } finally {
      this.#overrides.restore();
      this.#tensors.length = 0;
    }
  }

  /** What a step that has failed keeps for its backward pass, such as clones of variables, is freed by nobody else. */
  #disposeTensors(): void {
    for (const tensor of this.#tensors)
      if (!tensor.isDisposed && !(tensor instanceof tf.Variable)) tensor.dispose();
  }

  beforeRun(work: () => void): void {
    this.before.push(work);
  }

  number(now: () => number): tf.Scalar {
    const info = this.input([], "float32");
    this.numbers.push({ storage: this.#backend.tensorMap.get(info.dataId).resource as Storage, now });
    return tf.engine().makeTensorFromTensorInfo(info) as tf.Scalar;
  }

  constant(values: readonly number[], shape: readonly number[]): tf.Tensor {
    const info = this.#backend.makeTensorInfo([...shape], "float32");
    const storage = new Storage("constant", bytesOf(shape), { values: Float32Array.from(values) });
    this.#backend.tensorMap.get(info.dataId).resource = storage;
    return tf.engine().makeTensorFromTensorInfo(info);
  }

  afterRun(work: () => void): void {
    this.after.push(work);
  }

  lasts(tensor: LastingTensor): void {
    if (this.#before.has(tensor)) return; // of an earlier step in this recording
    this.outside(() => unshare(this.#backend, tensor, 1));
    this.lasting.push(tensor);
    const { dataId, shape, dtype } = tensor.tensor();
    this.#before.set(tensor, { dataId, shape, dtype });
    this.#lastingData.add(dataId);
    this.allow(tensor.tensor());
  }

  /** The tensors that last and that the step has replaced, each with the storage of its new numbers. */
  replaced(): [LastingTensor, Storage][] {
    return [...this.#before].flatMap(([lasting, { dataId }]) => {
      const tensor = lasting.tensor();
      if (tensor.dataId === dataId) return [];
      return [[lasting, this.storageOf(tensor, `the next '${lasting.name}'`)]];
    });
  }

  /** Gives the tensors that last their own data back. */
  restore(): void {
    for (const [lasting, before] of this.#before) {
      if (lasting.tensor().dataId === before.dataId) continue;
      lasting.replace(tf.engine().makeTensorFromTensorInfo(before));
    }
  }

  mayOverwrite({ dataId }: tf.TensorInfo): boolean {
    return this.#backend.refCount(dataId) === this.#variables.get(dataId);
  }

  outside<T>(make: () => T): T {
    this.#overrides.restore();
    try {
      return recordedBy(undefined, make);
    } finally {
      this.#listen();
    }
  }

  #fail(what: string): never {
    this.#failure ??= new Error(`captureStep: ${what}`);
    throw this.#failure;
  }

  #listen(): void {
    const backend = this.#backend;
    const { uploadToGPU, write, shouldExecuteOnCPU, disposeData } = backend;
    this.#overrides.put(backend, {
      write: (...given) => {
        const dataId = write.apply(backend, given);
        this.#made.add(dataId);
        return dataId;
      },
      uploadToGPU: (dataId) => {
        if (this.#made.has(dataId)) this.#place(backend.tensorMap.get(dataId));
        else if (this.#outside.has(dataId)) uploadToGPU.call(backend, dataId);
      },
      recordAndSubmit: (...given) => {
        const program = given[0] as unknown as Recorded;
        const reader = program.constructor.name;
        if (program.pixelsOpType != null)
          this.#fail(`${reader} reads or draws pixels, which cannot be recorded`);
        const operation = recordOperation(backend, given as never, (tensor) =>
          this.storageOf(tensor, reader),
        );
        this.operations.push(operation);
      },
      shouldExecuteOnCPU: (inputs, ...threshold) => {
        for (const input of inputs) {
          const storage = this.#made.has(input.dataId) ? undefined : this.storageOf(input, "the step");
          if (storage?.kind === "outside") backend.uploadToGPU(input.dataId); // or its numbers would be baked in
        }
        return shouldExecuteOnCPU.call(backend, inputs, ...threshold);
      },
      disposeData: (dataId, ...force) => {
        // What lasts is replaced in the step, and restored after it.
        if (this.#lastingData.has(dataId) && backend.refCount(dataId) === 1) return false;
        const isMade = this.#made.has(dataId) && backend.tensorMap.has(dataId);
        const storage = isMade ? backend.tensorMap.get(dataId).resource : undefined;
        const freed = disposeData.call(backend, dataId, ...force);
        if (freed && storage instanceof Storage && storage.kind === "temporary") this.#count(-storage.bytes);
        return freed;
      },
      ...refusedReads(
        backend,
        (dataId) => this.#made.has(dataId),
        (what) => this.#fail(what),
      ),
    });
    const tracking = tf.engine() as unknown as Tracking;
    const { trackTensor } = tracking;
    this.#overrides.put(tracking, {
      trackTensor: (tensor, ...more) => {
        this.#tensors.push(tensor);
        trackTensor.call(tracking, tensor, ...more);
      },
    });
    // Those of tfjs-optim count their steps when they run.
    const refuse = (what: string): never => this.#fail(what);
    this.#overrides.put(OPTIMIZER, {
      incrementIterations(this: typeof OPTIMIZER): void {
        refuse(
          `${this.getClassName()} computes its rate on the host and counts its steps there, which cannot be recorded: take an optimizer of tfjs-optim`,
        );
      },
    });
  }

  /** Gives a tensor of the step its storage. */
  #place(data: TensorData): void {
    if (data.resource != null) return;
    const bytes = bytesOf(data.shape);
    if (data.values?.length) {
      data.resource = new Storage("constant", bytes, { values: this.#constant(data, data.values) });
      data.values = null;
    } else {
      data.resource = new Storage("temporary", bytes);
      this.#count(bytes);
    }
  }

  /** Numbers that are all the same hold for each run; others may be of one batch. */
  #constant({ shape, dtype }: TensorData, values: tf.TypedArray): Float32Array | Int32Array {
    if (values.some((value) => !Object.is(value, values[0]))) {
      this.#fail(
        `the step makes a tensor of numbers of the host, ${dtype} [${shape}], and each run would get the same ones: ` +
          "give it to the step as an input, or make it before and list it under reads if it never changes",
      );
    }
    return dtype === "float32" ? Float32Array.from(values) : Int32Array.from(values);
  }

  #count(bytes: number): void {
    this.#liveBytes += bytes;
    this.eagerBytes = Math.max(this.eagerBytes, this.#liveBytes);
  }
}
