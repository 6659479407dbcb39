import * as tf from "@tensorflow/tfjs-core";
import type { LastingTensor, StepInputSpec } from "kernel-contract";
import { neededOperations } from "../memory/needed-operations.ts";
import { holdersOf, lastingVariable } from "../memory/state.ts";
import type { Operation, Storage } from "../memory/storage.ts";
import { unshare } from "../memory/unshare.ts";
import type { RecordedBackend } from "../recorded-backend.ts";
import { type LiveScalar, Recorder } from "./recorder.ts";

/** A tensor that a step returns. */
export interface RecordedOutput {
  readonly name: string;
  readonly storage: Storage;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  /** Type of the numbers in memory: a cast leaves integers as they are. */
  readonly storedAs: tf.DataType;
}

/** Everything that a step has the GPU do. */
export interface Recording {
  readonly operations: readonly Operation[];
  readonly inputs: ReadonlyMap<string, Storage>;
  readonly outputs: readonly RecordedOutput[];
  /**
   * Tensors that last. `next`: where the numbers after the step are; none if they stay or are overwritten in place. `isDirect`: the
   * step reads nothing else of the tensor, whose buffer may be that of `next`. `dataId`: its data when it was recorded, by which storages
   * know it.
   */
  readonly lasting: readonly {
    readonly tensor: LastingTensor;
    readonly dataId: tf.DataId;
    readonly next?: Storage;
    readonly isDirect?: boolean;
  }[];
  readonly numbers: readonly LiveScalar[];
  readonly before: readonly (() => void)[];
  readonly after: readonly (() => void)[];
  readonly eagerBytes: number;
}

type Step = (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>;

/** Records a step once; variables have their values afterwards. */
export function recordStep(
  backend: RecordedBackend,
  step: Step,
  specs: Readonly<Record<string, StepInputSpec>>,
  reads: readonly tf.Tensor[],
): Recording {
  const recorder = new Recorder(backend);
  const variables = variablesOn(backend).map((variable) => {
    const lasting = lastingVariable(variable);
    unshare(backend, lasting, holdersOf(backend, lasting));
    recorder.allowVariable(variable, holdersOf(backend, lasting) + 1); // and the clone that it is restored from
    return { variable, lasting, value: tf.keep(tf.clone(variable)) };
  });
  for (const tensor of reads) recorder.allow(tensor);
  const inputs = new Map<string, Storage>();
  let outputs: RecordedOutput[] = [];
  const nexts = new Map<LastingTensor, Storage>();
  try {
    recorder.run(() =>
      tf.tidy(() => {
        const given = Object.entries(specs).map(([name, { shape, dtype = "float32" }]) => {
          const info = recorder.input(shape, dtype);
          inputs.set(name, backend.tensorMap.get(info.dataId).resource as Storage);
          return [name, tf.engine().makeTensorFromTensorInfo(info)] as const;
        });
        outputs = outputsOf(step(Object.fromEntries(given)), recorder, backend);
        for (const { variable, lasting, value } of variables) {
          if (variable.isDisposed)
            throw new Error(`captureStep: the step disposed the variable '${variable.name}'`);
          if (variable.dataId === value.dataId) continue;
          const next = recorder.storageOf(variable, `the value of '${variable.name}'`);
          if (next.kind === "outside") {
            throw new Error(
              `captureStep: '${variable.name}' was assigned another variable's own value; assign a copy (tf.add(x, 0))`,
            );
          }
          nexts.set(lasting, kept(next));
        }
        for (const [lasting, next] of recorder.replaced()) nexts.set(lasting, kept(next));
      }),
    );
  } finally {
    for (const { variable, value } of variables) {
      if (!variable.isDisposed && variable.dataId !== value.dataId) variable.assign(value as never);
      value.dispose();
    }
    recorder.restore();
  }
  refuseSurvivors(recorder);
  const needed = [...outputs.map(({ storage }) => storage), ...nexts.values()];
  const operations = neededOperations(recorder.operations, needed);
  const used = new Set([...outputs.map(({ storage }) => storage), ...operations.flatMap((x) => x.storages)]);
  const read = new Set([...used].map(({ dataId }) => dataId));
  const lasting = [...variables.map((each) => each.lasting), ...recorder.lasting].map((tensor) => {
    const { dataId } = tensor.tensor();
    const next = nexts.get(tensor);
    if (next === undefined) return { tensor, dataId };
    const isOnly = [...nexts.values()].filter((other) => other === next).length === 1;
    const isDirect = next.kind === "temporary" && isOnly && !read.has(dataId);
    return { tensor, dataId, next, isDirect };
  });
  for (const [i, { storages }] of operations.entries()) for (const storage of storages) storage.use(i);
  const { numbers, before, after, eagerBytes } = recorder;
  return { operations, inputs, outputs, lasting, numbers, before, after, eagerBytes };
}

/** The variables whose values are on the backend. */
function variablesOn(backend: RecordedBackend): tf.Variable[] {
  const { registeredVariables } = tf.engine();
  return Object.values(registeredVariables).filter(
    ({ dataId, size }) => size > 0 && backend.tensorMap.has(dataId),
  );
}

function outputsOf(result: unknown, recorder: Recorder, backend: RecordedBackend): RecordedOutput[] {
  if (typeof (result as Promise<unknown>)?.then === "function") {
    (result as Promise<unknown>).then(undefined, () => {}); // reported here
    throw new Error("captureStep: the step must not be async: what it awaits is there only when it runs");
  }
  const entries = Object.entries((result ?? {}) as object);
  const wrong = entries.find(([, tensor]) => !(tensor instanceof tf.Tensor));
  if (wrong !== undefined || typeof result !== "object" || result instanceof tf.Tensor) {
    const got = wrong === undefined ? String(result) : `'${wrong[0]}': ${String(wrong[1])}`;
    throw new TypeError(`captureStep: the step must return tensors by name, got ${got}`);
  }
  return (entries as [string, tf.Tensor][]).map(([name, tensor]) => {
    const storage = kept(recorder.storageOf(tensor, `the output '${name}'`));
    const { shape, dtype } = tensor;
    return { name, storage, shape, dtype, storedAs: backend.tensorMap.get(tensor.dataId).dtype };
  });
}

function kept(storage: Storage): Storage {
  storage.keep();
  return storage;
}

function refuseSurvivors(recorder: Recorder): void {
  const [first] = recorder.survivors();
  if (first === undefined) return;
  throw new Error(
    `captureStep: the step keeps a tensor that it made, ${first.dtype} [${first.shape}], and other runs would not make it anew: ` +
      "return it as an output, keep it in a variable, or make it before",
  );
}
