/** A value of a pickle. Tuples are arrays; their elements may be shared, and so deeper than they are large. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | List
  | Dict
  | Global
  | Skipped
  | Storage
  | TensorRecord;

/** A Python list or set. */
export class List {
  readonly items: Value[] = [];
}

/** A Python dict or OrderedDict. */
export class Dict {
  /** Made when it is filled: an empty one takes a byte of a pickle. */
  #entries: Map<Value, Value> | undefined;

  get entries(): ReadonlyMap<Value, Value> {
    return this.#entries ?? new Map();
  }

  /** Sets an entry. Returns false if the key is there. */
  set(key: Value, value: Value): boolean {
    this.#entries ??= new Map();
    if (this.#entries.has(key)) return false;
    this.#entries.set(key, value);
    return true;
  }

  get(key: Value): Value | undefined {
    return this.#entries?.get(key);
  }
}

/** A function or class by name: nothing but the name. */
export class Global {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** An object that is not made: options of a training script, a device. */
export class Skipped {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A file with the numbers of tensors. */
export class Storage {
  readonly dtype: string;
  readonly key: string;
  /** Number of elements. */
  readonly size: number;
  constructor(dtype: string, key: string, size: number) {
    this.dtype = dtype;
    this.key = key;
    this.size = size;
  }
}

/** A tensor: part of a storage. */
export class TensorRecord {
  readonly storage: Storage;
  /** In elements, as strides. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** Returns what a value is, for errors. */
export function kindOf(value: Value | undefined): string {
  if (value === null || value === undefined) return "None";
  if (value instanceof Dict) return "a dict";
  if (value instanceof List) return "a list";
  if (Array.isArray(value)) return "a tuple";
  if (value instanceof TensorRecord) return "a tensor";
  if (value instanceof Storage) return "a storage";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Global || value instanceof Skipped) return value.name;
  return typeof value === "string" ? "a text" : typeof value === "boolean" ? "a boolean" : "a number";
}
