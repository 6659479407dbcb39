import { quoted } from "safetensors-io";
import type { Meaning } from "./unpickle.ts";
import { Dict, Global, kindOf, List, Skipped, Storage, TensorRecord, type Value } from "./values.ts";

/** Element types of PyTorch's classes of storages. */
const STORAGES: Readonly<Record<string, string>> = {
  ...{ FloatStorage: "F32", HalfStorage: "F16", BFloat16Storage: "BF16", DoubleStorage: "F64" },
  ...{ LongStorage: "I64", IntStorage: "I32", ShortStorage: "I16", CharStorage: "I8", ByteStorage: "U8" },
  ...{ BoolStorage: "BOOL", ComplexFloatStorage: "C64" },
};
const STORAGE = /^torch\.(?:cuda\.)?(\w+Storage)$/;
const DTYPE = /^torch\.(float|bfloat|int|uint|complex|bool)\d*$/;
/** Calls whose results are not needed, and which `torch.load(…, weights_only=True)` accepts too. */
const SKIPPED = [
  ...[
    "collections.Counter",
    "torch.Size",
    "torch.device",
    "torch.serialization._get_layout",
    "_codecs.encode",
  ],
  ...["__builtin__.set", "__builtin__.bytearray", "__builtin__.complex"],
];
/** Options of a training script. */
const NAMESPACE = "argparse.Namespace";
const MOST_AXES = 64;

const REBUILDERS: Readonly<Record<string, (args: readonly Value[]) => Value>> = {
  "collections.OrderedDict": (args) => {
    if (args.length > 0) throw new RangeError(`expected OrderedDict(), got one of ${args.length} arguments`);
    return new Dict();
  },
  "torch._utils._rebuild_tensor": tensor,
  "torch._utils._rebuild_tensor_v2": tensor,
  "torch._utils._rebuild_parameter": parameter,
  "torch._utils._rebuild_parameter_with_state": parameter,
};

/** What the names in a state dict's pickle mean; all others are refused. */
export const STATE_DICT: Meaning = {
  global(name) {
    const [, storage = ""] = STORAGE.exec(name) ?? [];
    const isKnown = Object.hasOwn(STORAGES, storage) || Object.hasOwn(REBUILDERS, name);
    if (isKnown || DTYPE.test(name) || SKIPPED.includes(name) || name === NAMESPACE) return;
    throw refusal(name);
  },
  call(name, args) {
    if (Object.hasOwn(REBUILDERS, name)) return REBUILDERS[name]!(args);
    if (SKIPPED.includes(name)) return new Skipped(name);
    throw refusal(name);
  },
  make(name) {
    if (name === NAMESPACE) return new Skipped(name);
    throw refusal(name);
  },
  persistent(id) {
    const [kind, type, key, , size] = Array.isArray(id) ? (id as readonly Value[]) : [];
    const [, storage = ""] = (type instanceof Global && STORAGE.exec(type.name)) || [];
    if (kind !== "storage" || !Object.hasOwn(STORAGES, storage) || typeof key !== "string" || !isCount(size))
      throw new RangeError(`expected a storage with type, key and size, got ${kindOf(id)}`);
    return new Storage(STORAGES[storage]!, key, size);
  },
};

function refusal(name: string): RangeError {
  return new RangeError(
    `expected a state dict, got a pickle that calls ${quoted(name)}: load it in Python, if you trust it, and save the model's state_dict() alone`,
  );
}

function tensor([storage, offset, shape, strides]: readonly Value[]): TensorRecord {
  if (!(storage instanceof Storage))
    throw new RangeError(`expected a tensor's storage, got ${kindOf(storage)}`);
  if (!isCount(offset) || !areCounts(shape) || !areCounts(strides) || shape.length !== strides.length)
    throw new RangeError("expected a tensor's offset, shape and strides, each from 0 to 2^53 - 1");
  return new TensorRecord(storage, offset, shape, strides);
}

/** A parameter is its tensor. */
function parameter([data]: readonly Value[]): TensorRecord {
  if (data instanceof TensorRecord) return data;
  throw new RangeError(`expected a parameter's tensor, got ${kindOf(data)}`);
}

function isCount(value: Value | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function areCounts(value: Value | undefined): value is readonly number[] {
  const items = value instanceof List ? value.items : value;
  return Array.isArray(items) && items.length <= MOST_AXES && items.every(isCount);
}
