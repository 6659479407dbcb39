import { quoted } from "safetensors-io";
import { Dict, Global, kindOf, List, Skipped, type Value } from "./values.ts";

/** What a pickle's names and calls mean. Nothing is looked up or executed beside these. */
export interface Meaning {
  /** Checks a function or class. @throws RangeError for one that is not known. */
  global(name: string): void;
  /** Returns the result of a call. @throws RangeError for arguments that do not fit. */
  call(name: string, args: readonly Value[]): Value;
  /** Returns the new object of a class. @throws RangeError. */
  make(name: string): Value;
  /** Returns what a persistent id names. @throws RangeError. */
  persistent(id: Value): Value;
}

/** Limit of operations, for memory: each can make an object. Checkpoints of 10 000 tensors take less than a million. */
const MOST_OPERATIONS = 4_000_000;
const LONGEST_NAME = 200;

/** Operations of pickle that are refused, by code; those of protocol 2 and before that PyTorch does not write, then later ones. */
const OTHER: Readonly<Record<number, string>> = {
  ...{ 48: "POP", 49: "POP_MARK", 50: "DUP", 70: "FLOAT", 73: "INT", 76: "LONG", 80: "PERSID" },
  ...{ 83: "STRING", 84: "BINSTRING", 86: "UNICODE", 100: "DICT", 103: "GET", 105: "INST", 108: "LIST" },
  ...{ 111: "OBJ", 112: "PUT", 130: "EXT1", 131: "EXT2", 132: "EXT4", 139: "LONG4" },
  ...{ 66: "BINBYTES", 67: "SHORT_BINBYTES", 140: "SHORT_BINUNICODE", 141: "BINUNICODE8" },
  ...{ 142: "BINBYTES8", 143: "EMPTY_SET", 144: "ADDITEMS", 145: "FROZENSET", 146: "NEWOBJ_EX" },
  ...{ 147: "STACK_GLOBAL", 148: "MEMOIZE", 149: "FRAME", 150: "BYTEARRAY8", 151: "NEXT_BUFFER" },
  ...{ 152: "READONLY_BUFFER" },
};

/**
 * Reads a pickle of protocol 2, in the operations that `torch.save` writes for tensors, containers and plain values.
 *
 * @throws RangeError for any other operation, a name or call that `meaning` does not know, or a damaged pickle. Errors do not name the
 * file.
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
export function unpickle(bytes: Uint8Array, meaning: Meaning): Value {
  return new Machine(bytes, meaning).run();
}

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #meaning: Meaning;
  readonly #stack: Value[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Value>();
  readonly #text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #at = 0;

  constructor(bytes: Uint8Array, meaning: Meaning) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#meaning = meaning;
  }

  run(): Value {
    for (let count = 0; count < MOST_OPERATIONS; count++) {
      const code = this.#bytes[this.#skip(1)]!;
      if (code === 0x2e) return this.#result(); // STOP
      this.#step(code);
    }
    throw new RangeError(`expected a pickle of at most ${MOST_OPERATIONS} operations`);
  }

  #result(): Value {
    const value = this.#pop();
    if (this.#stack.length > 0 || this.#marks.length > 0)
      throw new RangeError("the pickle ends within an object");
    return value;
  }

  #step(code: number): unknown {
    const stack = this.#stack;
    switch (code) {
      case 0x80: // PROTO
        return this.#protocol(this.#bytes[this.#skip(1)]!);
      case 0x63: // GLOBAL
        return this.#global();
      case 0x52: // REDUCE
        return this.#reduce();
      case 0x81: // NEWOBJ
        return this.#newObject();
      case 0x62: // BUILD
        return this.#build();
      case 0x51: // BINPERSID
        return stack.push(this.#meaning.persistent(this.#pop()));
      case 0x28: // MARK
        return this.#marks.push(stack.length);
      case 0x74: // TUPLE
        return stack.push(this.#popMarked());
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return stack.push(this.#popMany(code - 0x84));
      case 0x29: // EMPTY_TUPLE
        return stack.push([]);
      case 0x5d: // EMPTY_LIST
        return stack.push(new List());
      case 0x7d: // EMPTY_DICT
        return stack.push(new Dict());
      case 0x61: // APPEND
        return this.#append([this.#pop()]);
      case 0x65: // APPENDS
        return this.#append(this.#popMarked());
      case 0x73: // SETITEM
        return this.#setItems(this.#popMany(2));
      case 0x75: // SETITEMS
        return this.#setItems(this.#popMarked());
      case 0x71: // BINPUT
        return this.#put(this.#bytes[this.#skip(1)]!);
      case 0x72: // LONG_BINPUT
        return this.#put(this.#view.getUint32(this.#skip(4), true));
      case 0x68: // BINGET
        return this.#get(this.#bytes[this.#skip(1)]!);
      case 0x6a: // LONG_BINGET
        return this.#get(this.#view.getUint32(this.#skip(4), true));
      default:
        return stack.push(this.#plain(code));
    }
  }

  /** Returns a value without parts. */
  #plain(code: number): Value {
    switch (code) {
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4b: // BININT1
        return this.#bytes[this.#skip(1)]!;
      case 0x4d: // BININT2
        return this.#view.getUint16(this.#skip(2), true);
      case 0x4a: // BININT
        return this.#view.getInt32(this.#skip(4), true);
      case 0x8a: // LONG1
        return integer(this.#take(this.#bytes[this.#skip(1)]!));
      case 0x47: // BINFLOAT
        return this.#view.getFloat64(this.#skip(8), false);
      case 0x58: // BINUNICODE
        return this.#decoded(this.#take(this.#view.getUint32(this.#skip(4), true)));
      case 0x55: // SHORT_BINSTRING
        return this.#take(this.#bytes[this.#skip(1)]!).slice();
    }
    const name = OTHER[code] ?? `0x${code.toString(16)}`;
    throw new RangeError(`expected a state dict, got a pickle with the operation ${name}`);
  }

  #protocol(version: number): void {
    if (version === 2) return;
    throw new RangeError(`expected a pickle of protocol 2, torch.save's default, got ${version}`);
  }

  #global(): void {
    const [module, name] = [this.#line(), this.#line()];
    const full = `${module}.${name}`;
    this.#meaning.global(full);
    this.#stack.push(new Global(full));
  }

  #reduce(): void {
    const [called, args] = this.#popMany(2);
    if (!(called instanceof Global) || !Array.isArray(args))
      throw new RangeError(`expected a function and a tuple, got ${kindOf(called)} and ${kindOf(args)}`);
    this.#stack.push(this.#meaning.call(called.name, args));
  }

  #newObject(): void {
    const [made, args] = this.#popMany(2);
    if (!(made instanceof Global) || !Array.isArray(args))
      throw new RangeError(`expected a class and a tuple, got ${kindOf(made)} and ${kindOf(args)}`);
    this.#stack.push(this.#meaning.make(made.name));
  }

  /** Drops an object's attributes: those of a state dict are versions of modules. */
  #build(): void {
    this.#pop();
    const built = this.#top();
    if (!(built instanceof Dict || built instanceof Skipped))
      throw new RangeError(`expected attributes of an OrderedDict, got those of ${kindOf(built)}`);
  }

  #append(items: readonly Value[]): void {
    const list = this.#top();
    if (!(list instanceof List)) throw new RangeError(`expected a list to append to, got ${kindOf(list)}`);
    for (const item of items) list.items.push(item);
  }

  #setItems(items: readonly Value[]): void {
    const dict = this.#top();
    if (!(dict instanceof Dict)) throw new RangeError(`expected a dict to fill, got ${kindOf(dict)}`);
    if (items.length % 2 !== 0) throw new RangeError("expected keys and values, got a key without a value");
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]!;
      if (dict.set(key, items[i + 1]!)) continue;
      throw new RangeError(`${typeof key === "string" ? quoted(key) : kindOf(key)} appears twice`);
    }
  }

  #put(index: number): void {
    this.#memo.set(index, this.#top());
  }

  #get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined)
      throw new RangeError(`expected a value that was remembered, got number ${index}`);
    this.#stack.push(value);
  }

  #top(): Value {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      throw new RangeError("the pickle takes a value that is not there");
    return this.#stack.at(-1)!;
  }

  #pop(): Value {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popMany(count: number): Value[] {
    if (this.#stack.length - count < (this.#marks.at(-1) ?? 0))
      throw new RangeError("the pickle takes a value that is not there");
    return this.#stack.splice(this.#stack.length - count, count);
  }

  #popMarked(): Value[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new RangeError("the pickle takes a value that is not there");
    return this.#stack.splice(mark);
  }

  /** Skips bytes and returns where they begin. */
  #skip(count: number): number {
    const begin = this.#at;
    if (begin + count > this.#bytes.length)
      throw new RangeError(`the pickle ended after ${this.#bytes.length} bytes, within an object`);
    this.#at += count;
    return begin;
  }

  #take(count: number): Uint8Array {
    const begin = this.#skip(count);
    return this.#bytes.subarray(begin, begin + count);
  }

  #line(): string {
    const end = this.#bytes.subarray(this.#at, this.#at + LONGEST_NAME).indexOf(0x0a);
    if (end < 0) throw new RangeError(`expected a name of at most ${LONGEST_NAME} bytes`);
    const line = this.#take(end);
    this.#skip(1);
    return this.#decoded(line);
  }

  #decoded(bytes: Uint8Array): string {
    try {
      return this.#text.decode(bytes);
    } catch {
      throw new RangeError("expected a text in UTF-8");
    }
  }
}

/** Returns a little-endian integer of two's complement. */
function integer(bytes: Uint8Array): number | bigint {
  if (bytes.length > 64) throw new RangeError(`expected an integer of at most 64 bytes, got ${bytes.length}`);
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  value = BigInt.asIntN(8 * bytes.length, value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
