import type { StepOutputs } from "kernel-contract";
import type { RecordedOutput } from "./record/recording.ts";

/** The numbers of outputs that lie one behind the other. */
export function numbersOf(outputs: readonly RecordedOutput[], bytes: ArrayBuffer): StepOutputs {
  let offset = 0;
  const entries = outputs.map(({ name, storage, dtype, storedAs }) => {
    const length = storage.bytes / 4;
    const stored =
      storedAs === "float32"
        ? new Float32Array(bytes, offset, length)
        : new Int32Array(bytes, offset, length);
    offset += storage.bytes;
    return [name, dtype === "float32" ? Float32Array.from(stored) : Int32Array.from(stored)] as const;
  });
  return Object.fromEntries(entries);
}
