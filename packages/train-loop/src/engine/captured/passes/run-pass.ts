import * as tf from "@tensorflow/tfjs-core";
import type { RunnableStep } from "kernel-contract";
import type { ProgramKind, Programs } from "../programs.ts";
import { dataOf, inputsOf, otherField, type PassData, specsOf } from "./pass-inputs.ts";
import type { PassNames, PassOutputs } from "./passes.ts";

/** A pass that was started: what its numbers are of, and the numbers once they are read back. */
export interface StartedPass {
  readonly names: PassNames;
  readonly numbers: Promise<PassOutputs<Float32Array>>;
}

/** A pass, to be run as it is or captured. */
export interface Pass {
  readonly kind: ProgramKind;
  readonly key: string;
  compute(data: PassData): { outputs: PassOutputs; names: PassNames };
}

const namesOf = new WeakMap<RunnableStep, PassNames>();

/** Starts a pass over a micro-batch, whose tensors may be freed as soon as this resolves; its numbers are read back meanwhile. */
export async function startPass(programs: Programs, pass: Pass, data: PassData): Promise<StartedPass> {
  const other = otherField(data.prepared);
  if (other !== undefined)
    programs.refuse(pass.kind, `prepare gives '${other}', which is no field of Prepared`);
  const inputs = inputsOf(data);
  let names: PassNames | undefined;
  const program = await programs.find(pass.kind, pass.key, specsOf(inputs), (tensors) => {
    const result = pass.compute(dataOf(tensors));
    names = result.names;
    return { ...result.outputs };
  });
  if (program === undefined) {
    const result = pass.compute(data);
    return started(result.names, read(result.outputs));
  }
  if (names !== undefined) namesOf.set(program, names);
  const numbers = program.run(inputs) as Promise<unknown> as Promise<PassOutputs<Float32Array>>;
  return started(namesOf.get(program)!, numbers);
}

function started(names: PassNames, numbers: Promise<PassOutputs<Float32Array>>): StartedPass {
  numbers.catch(() => {}); // reported to whoever waits for it
  return { names, numbers };
}

/** Reads all numbers back at once, since each read-back is a round trip on a GPU, and frees them. */
async function read(outputs: PassOutputs): Promise<PassOutputs<Float32Array>> {
  const named = Object.entries(outputs) as [string, tf.Tensor1D][];
  const tensors = named.map(([, tensor]) => tensor);
  const all = tf.concat(tensors);
  tf.dispose(tensors);
  const numbers = (await all.data().finally(() => all.dispose())) as Float32Array;
  let offset = 0;
  const parts = named.map(([name, { size }]) => {
    offset += size;
    return [name, numbers.slice(offset - size, offset)] as const;
  });
  return Object.fromEntries(parts) as unknown as PassOutputs<Float32Array>;
}
