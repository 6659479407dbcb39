import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { KernelRow, Tensors } from "../kernels/kernel-row.ts";
import { Refusal, refused } from "../refusal.ts";
import { LayerScope } from "./layer-scope.ts";
import { TraceBackend } from "./trace-backend.ts";
import type { Source, TensorSpec, Trace, TracedOp, TracedValue } from "./traced.ts";

/** tfjs' name of the backend that records. No layer looks for kernels of its own on it. */
const BACKEND = "tfjs-to-graph";

/** A trace, whole or up to an error, and the tensors that were left from it. */
export interface FinishedTrace extends Trace {
  /** Values, by number, that live on in `backend`: layers kept them. */
  readonly kept: readonly { readonly value: number; readonly dataId: tf.DataId }[];
  /** Home of the tensors that were left. */
  readonly backend: TraceBackend;
}

/**
 * Runs a model's inference for inputs of given shapes and records its kernels. Nothing is computed.
 *
 * The backend, tfjs' kernels and the layers' classes are as before when it returns or throws, and it does not yield in between.
 *
 * @param shapes - One for each of the model's inputs.
 * @param finished - Gets the trace, after an error too.
 * @throws {@link Refusal} that names the layer, if a trace cannot tell what the model does.
 */
export function traceModel(
  model: tfl.LayersModel,
  shapes: readonly (readonly number[])[],
  kernels: ReadonlyMap<string, KernelRow>,
  finished: FinishedTrace[],
): Trace {
  const backend = new TraceBackend();
  const recorder = new Recorder(backend);
  const restore: (() => void)[] = [];
  let outputs: number[] = [];
  try {
    restore.push(forbidWrites(model, recorder), withoutDebugging());
    restore.push(register(backend, kernels, recorder)); // last: what is above may fail
    outputs = recorder.scope.during(model, () => run(model, shapes, recorder));
    if (recorder.refusal !== undefined) throw recorder.refusal;
  } catch (error) {
    if (recorder.refusal !== undefined) throw recorder.refusal;
    throw error instanceof Refusal ? error : explained(error, recorder.scope);
  } finally {
    for (const undo of restore.reverse()) undo();
    finished.push(recorder.finished(outputs));
  }
  return finished.at(-1)!;
}

function run(model: tfl.LayersModel, shapes: readonly (readonly number[])[], recorder: Recorder): number[] {
  let outputs: number[] = [];
  tf.tidy(() => {
    const inputs = shapes.map((shape, index) => recorder.input(index, shape, model.inputs[index]!.dtype));
    const result = model.apply(inputs.length === 1 ? inputs[0]! : inputs, { training: false });
    outputs = [result].flat().map((tensor) => recorder.valueOf(tensor as tf.Tensor));
  });
  return outputs;
}

/** An error of a layer or of tfjs, as a reason. */
function explained(error: unknown, scope: LayerScope): Refusal {
  const { message } = error as Error;
  const missing = /^Kernel '(\w+)' not registered for backend/.exec(message)?.[1];
  const reason =
    missing === undefined ? message : `graph models have no counterpart of the kernel ${missing}`;
  return refused(scope.placeOf(error), reason, error);
}

/** Makes the recording backend the current one; the result undoes it. */
function register(
  backend: TraceBackend,
  kernels: ReadonlyMap<string, KernelRow>,
  recorder: Recorder,
): () => void {
  const before = tf.getBackend();
  tf.registerBackend(BACKEND, () => backend, 0);
  for (const [kernelName, row] of kernels) {
    tf.registerKernel({
      ...{ kernelName, backendName: BACKEND },
      kernelFunc: ({ inputs, attrs }) => recorder.call(kernelName, row, inputs, attrs ?? {}),
    });
  }
  void tf.setBackend(BACKEND); // takes effect at once: nothing has to be loaded
  return () => {
    void tf.setBackend(before);
    for (const kernelName of kernels.keys()) tf.unregisterKernel(kernelName, BACKEND);
    tf.removeBackend(BACKEND);
  };
}

/** While a model is traced, no variable may get another value: it would be one without numbers. */
function forbidWrites(model: tfl.LayersModel, recorder: Recorder): () => void {
  const classes = new Set<tf.Variable>([tf.Variable.prototype]);
  for (const weight of model.weights) classes.add(Object.getPrototypeOf(weight.read()) as tf.Variable);
  const own = [...classes].map((base) => [base, base.assign] as const);
  for (const base of classes) {
    base.assign = () => {
      throw recorder.refuse("it changes a weight in inference");
    };
  }
  return () => {
    for (const [base, assign] of own) base.assign = assign;
  };
}

/** tfjs' debugging mode reads every result. */
function withoutDebugging(): () => void {
  const before = tf.env().getBool("DEBUG");
  if (before) tf.env().set("DEBUG", false);
  return () => {
    if (before) tf.env().set("DEBUG", true);
  };
}

class Recorder {
  readonly scope = new LayerScope();
  readonly #backend: TraceBackend;
  readonly #values: TracedValue[] = [];
  readonly #ops: TracedOp[] = [];
  readonly #ids = new Map<tf.DataId, number>();
  /** Tensors of other backends may share data and have shapes of their own. */
  readonly #held = new Map<tf.DataId, Map<string, number>>();
  /** The first thing that a trace cannot tell, should a layer catch the error. */
  refusal: Refusal | undefined;

  constructor(backend: TraceBackend) {
    this.#backend = backend;
    backend.listener = {
      wrote: (dataId, values, spec) => this.#add(dataId, spec, { kind: "made", values }),
      read: () => this.refuse("it reads values in JavaScript while it runs, and a graph cannot do that"),
    };
  }

  refuse(reason: string): Refusal {
    this.refusal ??= refused(this.scope.place, reason);
    return this.refusal;
  }

  input(index: number, shape: readonly number[], dtype: tf.DataType): tf.Tensor {
    const spec = { shape: [...shape], dtype };
    const dataId = this.#backend.make();
    this.#add(dataId, spec, { kind: "input", index });
    return tf.engine().makeTensorFromTensorInfo({ ...spec, dataId });
  }

  call(
    kernel: string,
    row: KernelRow,
    inputs: tf.NamedTensorInfoMap,
    attrs: tf.NamedAttrMap,
  ): tf.TensorInfo | tf.TensorInfo[] {
    const given = Object.entries(inputs).flatMap(
      ([name, tensor]) => (tensor == null ? [] : [[name, tensor] as const]), // inputs that are left out
    );
    const specs: Tensors = Object.fromEntries(
      given.map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
    );
    const numbers = given.map(([name, tensor]) => [name, this.valueOf(tensor)] as const);
    const results = row.infer({ kernel, inputs: specs, attrs: attrs as Record<string, unknown> });
    const infos = results.map((spec): tf.TensorInfo => {
      const dataId = this.#backend.make();
      this.#add(dataId, spec, { kind: "computed" });
      return { dataId, shape: [...spec.shape], dtype: spec.dtype };
    });
    this.#ops.push({
      ...{ kernel, inputs: numbers, attrs: attrs as Record<string, unknown>, layer: this.scope.place },
      outputs: infos.map(({ dataId }) => this.#ids.get(dataId)!),
    });
    return row.many ? infos : infos[0]!;
  }

  /** The number of a tensor; one that is not of this trace is held by a layer. */
  valueOf(tensor: tf.TensorInfo): number {
    const known = this.#ids.get(tensor.dataId);
    if (known !== undefined) return known;
    const views = this.#held.get(tensor.dataId) ?? new Map<string, number>();
    this.#held.set(tensor.dataId, views);
    const key = tensor.shape.join();
    const seen = views.get(key);
    if (seen !== undefined) return seen;
    const added = this.#push(tensor, { kind: "held", tensor: tensor as tf.Tensor });
    views.set(key, added);
    return added;
  }

  finished(outputs: readonly number[]): FinishedTrace {
    this.#backend.listener = undefined;
    const kept = this.#backend.unknown.map((dataId) => ({ dataId, value: this.#ids.get(dataId)! }));
    return { values: this.#values, ops: this.#ops, outputs, kept, backend: this.#backend };
  }

  #add(dataId: tf.DataId, spec: TensorSpec, from: Source): void {
    this.#ids.set(dataId, this.#push(spec, from));
  }

  #push({ shape, dtype }: TensorSpec, from: Source): number {
    return this.#values.push({ shape: [...shape], dtype, from, layer: this.scope.place }) - 1;
  }
}
