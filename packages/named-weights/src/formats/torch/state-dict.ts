import { quoted } from "safetensors-io";
import { Dict, kindOf, TensorRecord, type Value } from "./values.ts";

/** Where training checkpoints have a state dict, in timm's order: averaged weights first. */
const PARTS = ["state_dict_ema", "model_ema", "state_dict", "model"] as const;
const NAMED = 8;

/** A state dict in a checkpoint. */
export interface StateDict {
  /** Its key in the checkpoint; `undefined` if it is the checkpoint. */
  readonly part: string | undefined;
  readonly tensors: ReadonlyMap<string, TensorRecord>;
  /** Number of its entries that are no tensors with a name. */
  readonly others: number;
}

/**
 * Returns the state dict of a checkpoint: that of `wanted`, or else the first there is of `state_dict_ema`, `model_ema`, `state_dict`,
 * `model`, or else the checkpoint itself. Looks no deeper.
 *
 * @throws RangeError that lists what there is instead.
 */
export function findStateDict(checkpoint: Value, wanted: string | undefined): StateDict {
  if (!(checkpoint instanceof Dict)) throw new RangeError(`expected a state dict, got ${kindOf(checkpoint)}`);
  for (const part of wanted === undefined ? PARTS : [wanted]) {
    const found = stateDict(checkpoint.get(part), part);
    if (found !== undefined) return found;
  }
  const itself = wanted === undefined ? stateDict(checkpoint, undefined) : undefined;
  if (itself !== undefined) return itself;
  const expected = wanted === undefined ? "a state dict" : `a state dict ${quoted(wanted)}`;
  const keys = [...checkpoint.entries].slice(0, NAMED).map(([key, value]) => {
    return `${typeof key === "string" ? quoted(key) : kindOf(key)} (${kindOf(value)})`;
  });
  const rest = checkpoint.entries.size > NAMED ? ` and ${checkpoint.entries.size - NAMED} more` : "";
  throw new RangeError(
    keys.length === 0
      ? `expected ${expected}, got an empty dict`
      : `expected ${expected}, got a dict of ${keys.join(", ")}${rest}`,
  );
}

function stateDict(value: Value | undefined, part: string | undefined): StateDict | undefined {
  if (!(value instanceof Dict)) return undefined;
  const tensors = new Map<string, TensorRecord>();
  for (const [name, entry] of value.entries)
    if (typeof name === "string" && entry instanceof TensorRecord) tensors.set(name, entry);
  if (tensors.size === 0) return undefined;
  return { part, tensors, others: value.entries.size - tensors.size };
}
