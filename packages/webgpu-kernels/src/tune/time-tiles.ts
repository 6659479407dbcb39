import { chunkOf, productVariant } from "../kernels/products/product.ts";
import { productShader } from "../kernels/products/product-shader.ts";
import { TILES, type Tile } from "../kernels/products/tile.ts";
import type { ProductShape } from "../kernels/products/tile-choice.ts";
import type { Shader } from "../shader.ts";

/** Least nanoseconds of a timing: browsers and Dawn round timestamps to a tenth of a millisecond. */
const LONG = 4e6;
/** Most dispatches of a timing. */
const MOST = 256;
/** Most numbers of an operand or a result; larger products are timed with fewer rows or matrices. */
const ELEMENTS = 2 ** 23;

interface Buffer {
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

interface Pass {
  setPipeline(pipeline: object): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(x: number, y: number, z: number): void;
  end(): void;
}

interface Encoder {
  beginComputePass(options: object): Pass;
  resolveQuerySet(set: object, first: number, count: number, to: Buffer, at: number): void;
  copyBufferToBuffer(from: Buffer, at: number, to: Buffer, toAt: number, bytes: number): void;
  finish(): object;
}

/** The parts of a `GPUDevice` that timing calls. */
export interface TimingDevice {
  readonly features: ReadonlySet<string>;
  readonly queue: {
    submit(commands: object[]): void;
    writeBuffer(buffer: Buffer, at: number, data: ArrayBufferLike): void;
  };
  createBuffer(options: { size: number; usage: number }): Buffer;
  createQuerySet(options: { type: "timestamp"; count: number }): { destroy(): void };
  createCommandEncoder(): Encoder;
  createBindGroup(options: object): object;
  pushErrorScope(filter: string): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
}

/** `GPUBufferUsage` and `GPUMapMode`. */
const [MAP_READ, COPY_SRC, COPY_DST, UNIFORM, STORAGE, QUERY_RESOLVE] = [1, 4, 8, 64, 128, 512];

type Pipeline = { getBindGroupLayout(index: number): object };

/**
 * Times the product of a shape in every tile, on memory of its own.
 *
 * @returns Nanoseconds of a product in each tile of {@link TILES}, or `undefined` if the device refused something, as for want of
 * memory.
 */
export async function timeTiles(
  device: TimingDevice,
  pipelineOf: (shader: Shader) => object,
  shape: ProductShape,
): Promise<number[] | undefined> {
  const sides = limited(shape);
  for (const filter of ["out-of-memory", "validation"]) device.pushErrorScope(filter);
  const buffers: Buffer[] = [];
  const buffer = (size: number, usage: number) => {
    const made = device.createBuffer({ size: Math.ceil(size / 16) * 16, usage });
    buffers.push(made);
    return made;
  };
  const set = device.createQuerySet({ type: "timestamp", count: 2 * TILES.length });
  let times: number[] | undefined;
  try {
    const { batch, rows, columns, inner, parts } = sides;
    const y = buffer(4 * batch * parts * rows * columns, STORAGE!);
    const a = buffer(4 * batch * rows * inner, STORAGE!);
    const b = buffer(4 * batch * inner * columns, STORAGE!);
    const numbers = Uint32Array.from([
      ...[0, 0, 0, 0, 0, 0, 0, 0], // NaN, infinity, lengths and strides: not read
      ...[rows, columns, inner, chunkOf(inner, parts), parts],
      ...[rows * inner, inner * columns, rows, rows],
    ]);
    const uniforms = buffer(numbers.byteLength, UNIFORM! | COPY_DST!);
    device.queue.writeBuffer(uniforms, 0, numbers.buffer);
    const players = TILES.map((tile) => {
      const pipeline = pipelineOf(productShader(productVariant(sides, tile, {}))) as Pipeline;
      const entries = [y, a, b, uniforms].map((each, binding) => ({ binding, resource: { buffer: each } }));
      const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
      const grid = [Math.ceil(columns / tile.columns), Math.ceil(rows / tile.rows), batch * parts] as const;
      return (pass: Pass) => {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...grid);
      };
    });
    const bytes = 16 * TILES.length;
    const resolved = buffer(bytes, QUERY_RESOLVE! | COPY_SRC!);
    const read = buffer(bytes, MAP_READ! | COPY_DST!);
    /** Nanoseconds of `counts[i]` dispatches in tile i. */
    const timeAll = async (counts: readonly number[]): Promise<number[]> => {
      const encoder = device.createCommandEncoder();
      for (const [i, play] of players.entries()) {
        const timestamps = { beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
        const pass = encoder.beginComputePass({ timestampWrites: { querySet: set, ...timestamps } });
        for (let n = 0; n < counts[i]!; n++) play(pass);
        pass.end();
      }
      encoder.resolveQuerySet(set, 0, 2 * TILES.length, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, read, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await read.mapAsync(MAP_READ!);
      const stamps = new BigInt64Array(read.getMappedRange().slice(0, bytes));
      read.unmap();
      return TILES.map((_, i) => Number(stamps[2 * i + 1]! - stamps[2 * i]!));
    };
    const once = await timeAll(TILES.map(() => 1)); // also warms up
    const counts = once.map((each) => Math.min(MOST, Math.ceil(LONG / Math.max(each, 1))));
    const all = counts.every((count) => count === 1) ? once : await timeAll(counts);
    times = all.map((each, i) => each / counts[i]!);
  } catch {
    // A refused command rejects what waits for it.
  } finally {
    set.destroy();
    for (const each of buffers) each.destroy();
  }
  const refused = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
  return refused.some((error) => error !== null) ? undefined : times;
}

/** A product of the same kind whose operands and result do not take much memory. */
function limited(shape: ProductShape): ProductShape {
  const { rows, columns, inner, batch, parts } = shape;
  const most = Math.floor(ELEMENTS / Math.max(columns * parts, inner));
  const least = Math.min(rows, Math.max(64, Math.floor(most / 64) * 64));
  const fitting = Math.max(1, Math.floor(ELEMENTS / (least * Math.max(inner, columns * parts))));
  return { ...shape, rows: least, batch: Math.min(batch, fitting) };
}

/** The fastest tile; the default one if none is at least a twentieth faster, or a time is not one. */
export function fastest(times: readonly number[], current: Tile): Tile {
  if (!times.every((time) => time > 0)) return current;
  const best = times.indexOf(Math.min(...times));
  const before = times[TILES.indexOf(current)]!;
  return times[best]! < 0.95 * before ? TILES[best]! : current;
}
