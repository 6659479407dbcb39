/** Element type of a buffer in WGSL. */
export type Element = "f32" | "i32" | "vec4<f32>";

/** A compute shader: WGSL, and the names under which it finds what it works on. */
export interface Shader {
  /** Name in error messages and profiles. */
  readonly name: string;
  /** Invocations of a workgroup. */
  readonly workgroup: readonly [x: number, y: number, z: number];
  /** Buffers that are written, and may be read; at least one. Buffers of one call must all differ. */
  readonly writes: Readonly<Record<string, Element>>;
  /** Buffers that are only read. */
  readonly reads: Readonly<Record<string, Element>>;
  /** Numbers of a call, there as `u.<name>`. */
  readonly uniforms: Readonly<Record<string, "f32" | "u32">>;
  /** Whether it uses half precision (`f16`), a feature of the device. */
  readonly half?: boolean;
  /** Declarations outside `main`. */
  readonly declarations?: string;
  /** The body of `main`; `local` and `group` are its ids, `groups` is how many groups there are. */
  readonly main: string;
}

/** The whole of a shader's WGSL. */
export function shaderSource(shader: Shader): string {
  const { writes, reads, uniforms, workgroup, half = false, declarations = "", main } = shader;
  const [output, ...others] = Object.keys(writes);
  const inputs = [...others, ...Object.keys(reads)];
  // Bindings and uniforms stand in the order in which tfjs' `recordAndSubmit` gives them: the first output, whatever it
  // takes for inputs, then the uniforms: NaN, infinity, two numbers of each buffer (a vector's length and stride).
  const buffers = [output!, ...inputs].map((name, binding) => {
    const [access, element] =
      writes[name] === undefined ? ["read", reads[name]] : ["read_write", writes[name]];
    return `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${element}>;`;
  });
  const fields = [
    "nan: f32, infinity: f32",
    ...[...inputs, output!].map((name) => `${name}Length: u32, ${name}Stride: u32`),
    ...Object.entries(uniforms).map(([name, type]) => `${name}: ${type}`),
  ];
  return `${half ? "enable f16;\n" : ""}struct Uniforms { ${fields.join(", ")} }
${buffers.join("\n")}
@group(0) @binding(${buffers.length}) var<uniform> u: Uniforms;
${declarations}
@compute @workgroup_size(${workgroup.join(", ")})
fn main(
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
${main}
}
`;
}

/** WGSL: the number of a workgroup of a grid that {@link Context.flatGroups} made. */
export const FLAT_GROUP = "(group.y * groups.x + group.x)";

/** Memoizes `make`, for a shader in variants. */
export function onceEach<T>(make: (variant: number) => T): (variant: number) => T {
  const made = new Map<number, T>();
  return (variant) => {
    const known = made.get(variant);
    if (known !== undefined) return known;
    const value = make(variant);
    made.set(variant, value);
    return value;
  };
}
