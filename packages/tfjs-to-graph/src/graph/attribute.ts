import type { DataType } from "@tensorflow/tfjs-core";

/** An attribute of a node, as protocol buffers' JSON has it. */
export type Attribute =
  | { readonly i: string }
  | { readonly f: number }
  | { readonly b: boolean }
  | { readonly s: string }
  | { readonly type: string }
  | { readonly shape: TensorShape }
  | { readonly tensor: { readonly dtype: string; readonly tensorShape: TensorShape } }
  | {
      readonly list:
        | { readonly i: readonly string[] }
        | { readonly s: readonly string[] }
        | { readonly type: readonly string[] };
    };

/** Attributes by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

interface TensorShape {
  readonly dim: readonly { readonly size: string }[];
}

const TYPES: Readonly<Partial<Record<DataType, string>>> = {
  float32: "DT_FLOAT",
  int32: "DT_INT32",
  bool: "DT_BOOL",
};

/** TensorFlow's name of a type. */
export function typeName(dtype: DataType): string {
  const name = TYPES[dtype];
  if (name === undefined) throw new Error(`graph models of tensors of ${dtype} are not supported`);
  return name;
}

const shape = (sides: readonly (number | null)[]): TensorShape => ({
  dim: sides.map((side) => ({ size: String(side ?? -1) })),
});

/** Makers of attributes. */
export const attribute = {
  int: (value: number): Attribute => ({ i: String(value) }),
  float: (value: number): Attribute => ({ f: value }),
  bool: (value: boolean): Attribute => ({ b: value }),
  text: (value: string): Attribute => ({ s: btoa(value) }),
  type: (dtype: DataType): Attribute => ({ type: typeName(dtype) }),
  types: (dtypes: readonly DataType[]): Attribute => ({ list: { type: dtypes.map(typeName) } }),
  /** `null`: any size. */
  shape: (sides: readonly (number | null)[]): Attribute => ({ shape: shape(sides) }),
  /** The type and shape of a constant, whose values are in the weights. */
  tensor: (dtype: DataType, sides: readonly number[]): Attribute => ({
    tensor: { dtype: typeName(dtype), tensorShape: shape(sides) },
  }),
  ints: (values: readonly number[]): Attribute => ({ list: { i: values.map(String) } }),
  texts: (values: readonly string[]): Attribute => ({ list: { s: values.map((text) => btoa(text)) } }),
};
