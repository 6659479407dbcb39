import type * as tf from "@tensorflow/tfjs-core";
import { type HostNumber, KernelContext, numberNow, sizeOf } from "kernel-contract";
import type { Uniform, WebGpuBackend } from "./host.ts";
import type { Precision } from "./precision.ts";
import { FLAT_GROUP, type Shader, shaderSource } from "./shader.ts";

/** `GPUShaderStage.COMPUTE`. */
const COMPUTE = 4;

const LANES = 64;
const TO_FLOATS: Shader = {
  name: "ToFloats",
  workgroup: [LANES, 1, 1],
  writes: { y: "f32" },
  reads: { x: "i32" },
  uniforms: { size: "u32" },
  main: `
  let at = ${FLAT_GROUP} * ${LANES}u + local.x;
  if (at < u.size) { y[at] = f32(x[at]); }`,
};

/** Workgroups along three axes. */
export type Grid = readonly [x: number, y: number, z: number];

/** One run of a shader. */
export interface Call {
  readonly shader: Shader;
  /** A tensor for each of the shader's buffers, by name. */
  readonly tensors: Readonly<Record<string, tf.TensorInfo>>;
  /** A number for each of the shader's uniforms, by name. */
  readonly uniforms: Readonly<Record<string, HostNumber>>;
  readonly grid: Grid;
}

/** What `installWebGpuKernels` was told; it may change between two ops. */
export interface Settings {
  precision: Precision;
}

/** The kernels' state on one running backend: allocates tensors on its device and runs shaders there. */
export class Context extends KernelContext<WebGpuBackend> {
  /** Compiled pipelines by shader; a kernel has one shader per variant. */
  readonly #pipelines = new WeakMap<Shader, object>();
  readonly #settings: Readonly<Settings>;

  constructor(backend: WebGpuBackend, settings: Readonly<Settings> = { precision: "float32" }) {
    super(backend);
    this.#settings = settings;
  }

  /** What products are computed in. */
  get precision(): Precision {
    return this.#settings.precision;
  }

  /** Most buffers that a shader may bind on this device; WebGPU guarantees 8. */
  get buffersPerDispatch(): number {
    return this.backend.device.limits.maxStorageBuffersPerShaderStage;
  }

  /** A new tensor, its elements not set. */
  output(shape: readonly number[]): tf.TensorInfo {
    // tfjs gives a tensor without elements no buffer.
    const values = sizeOf(shape) === 0 ? new Float32Array(0) : undefined;
    return this.made(this.backend.makeTensorInfo([...shape], "float32", values));
  }

  /** A new tensor of one number, on the CPU until it is used. */
  filled(shape: readonly number[], value: number): tf.TensorInfo {
    const values = new Float32Array(sizeOf(shape)).fill(value);
    return this.made(this.backend.makeTensorInfo([...shape], "float32", values));
  }

  /** How a tensor's numbers are in memory, whatever its dtype says: a cast leaves integers as they are. */
  elementOf({ dataId }: tf.TensorInfo): "f32" | "i32" {
    return this.backend.tensorMap.get(dataId).dtype === "float32" ? "f32" : "i32";
  }

  /** Records one dispatch, and one more for each tensor to read that is kept as integers; tfjs submits it with its own. */
  run(call: Call): void {
    const { shader, tensors } = call;
    this.#requireBindable(shader);
    const floats: Record<string, tf.TensorInfo> = { ...tensors };
    for (const [name, element] of Object.entries(shader.reads)) {
      if (element !== "i32") floats[name] = this.#asFloats(tensors[name]!);
    }
    this.#record({ ...call, tensors: floats });
    for (const name of Object.keys(shader.reads)) {
      if (floats[name] !== tensors[name]) this.backend.disposeData(floats[name]!.dataId);
    }
  }

  /** Dawn reports a shader that binds too many when nobody waits for it any more. */
  #requireBindable({ name, writes, reads }: Shader): void {
    const bound = Object.keys(writes).length + Object.keys(reads).length;
    if (bound <= this.buffersPerDispatch) return;
    throw new Error(`${name}: binds ${bound} buffers, the device allows ${this.buffersPerDispatch}`);
  }

  #asFloats(tensor: tf.TensorInfo): tf.TensorInfo {
    if (this.elementOf(tensor) === "f32") return tensor;
    const y = this.backend.makeTensorInfo([...tensor.shape], "float32");
    const size = sizeOf(tensor.shape);
    const grid = this.flatGroups(Math.ceil(size / LANES));
    this.#record({ shader: TO_FLOATS, tensors: { y, x: tensor }, uniforms: { size }, grid });
    return y;
  }

  #record({ shader, tensors, uniforms, grid }: Call): void {
    const [output, ...others] = [...Object.keys(shader.writes), ...Object.keys(shader.reads)].map(
      (name) => tensors[name]!,
    );
    for (const { dataId } of [output!, ...others]) this.backend.uploadToGPU(dataId);
    const numbers = Object.entries(shader.uniforms).map(([name, type]): Uniform => {
      const value = uniforms[name]!;
      const live = typeof value === "function" ? { live: value } : {};
      return { type: type === "f32" ? "float32" : "uint32", data: [numberNow(value)], ...live };
    });
    const program = {
      pipeline: this.pipelineOf(shader),
      dispatch: grid,
      constructor: { name: shader.name }, // what tfjs' profiler prints
      writes: Object.keys(shader.writes).length,
    };
    this.backend.recordAndSubmit(program, asVector(output!), others.map(asVector), numbers);
    for (const name of Object.keys(shader.writes)) {
      // tfjs keeps the values of a tensor that was read before; they are outdated now.
      this.backend.tensorMap.get(tensors[name]!.dataId).values = null;
    }
  }

  /** A grid of at least `count` workgroups in a row, which WGSL numbers by `FLAT_GROUP`. */
  flatGroups(count: number): Grid {
    const most = this.backend.device.limits.maxComputeWorkgroupsPerDimension;
    return count <= most ? [count, 1, 1] : [most, Math.ceil(count / most), 1];
  }

  /** The compiled pipeline of a shader. */
  pipelineOf(shader: Shader): object {
    let pipeline = this.#pipelines.get(shader);
    if (pipeline === undefined) {
      pipeline = this.#compile(shader);
      this.#pipelines.set(shader, pipeline);
    }
    return pipeline;
  }

  #compile(shader: Shader): object {
    const { name: label, writes, reads } = shader;
    const { device } = this.backend;
    const types = [
      ...Object.keys(writes).map(() => "storage" as const),
      ...Object.keys(reads).map(() => "read-only-storage" as const),
      "uniform" as const,
    ];
    // Not "auto", which omits declared buffers that a shader does not use.
    const entries = types.map((type, binding) => ({ binding, visibility: COMPUTE, buffer: { type } }));
    const layout = device.createPipelineLayout({
      bindGroupLayouts: [device.createBindGroupLayout({ entries })],
    });
    const module = device.createShaderModule({ code: shaderSource(shader), label });
    return device.createComputePipeline({ compute: { module, entryPoint: "main" }, layout, label });
  }
}

/** tfjs tells a program its buffers' shapes: as vectors they take the same place in the uniforms for every rank. */
function asVector({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  return { dataId, shape: [sizeOf(shape)], dtype };
}
