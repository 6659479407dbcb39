import { type Checks, check, optional, requireOptions } from "known-options";
import { Context } from "../context.ts";
import { currentWebGpuBackend } from "../host.ts";
import { TILES } from "../kernels/products/tile.ts";
import { chooseTile, type ProductShape, shapesOn, tileOfShape } from "../kernels/products/tile-choice.ts";
import { PRECISIONS, type Precision } from "../precision.ts";
import { fastest, type TimingDevice, timeTiles } from "./time-tiles.ts";

/** Operations of the smallest product that is timed. */
const WORTH = 5e7;

/** A product whose tile was chosen by timing. */
export interface TunedProduct {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Parts that the inner side is cut into. */
  readonly parts: number;
  readonly precision: Precision;
  /** Name of the fastest tile. */
  readonly tile: string;
  /** Microseconds in that tile. */
  readonly time: number;
  /** Microseconds in the tile that follows from the shape. */
  readonly defaultTime: number;
}

/** What {@link tuneWebGpuKernels} found on a device; plain data, for `JSON.stringify`. */
export interface TunedKernels {
  /** Vendor, architecture and description of the adapter. */
  readonly adapter: string;
  readonly products: readonly TunedProduct[];
}

/** Options of {@link tuneWebGpuKernels}. */
export interface TuneOptions {
  /** An earlier result. Its tiles are used without timing if its adapter is this one; otherwise it is ignored. Default: none. */
  readonly saved?: TunedKernels;
}

const CHECKS: Checks<TuneOptions> = {
  saved: optional(check("a result of tuneWebGpuKernels: { adapter, products }", isTunedKernels)),
};

/**
 * Times the tiles of each large product that has run on the current device, once each, and uses the fastest from then on.
 *
 * Call it after a first step, and before `captureStep`, which keeps the tiles that it records. The choice lasts as long as the device;
 * save the result and give it back as `saved` to time nothing on the next start. Results keep their bits in float32: an element is
 * the same sum in every tile. In mixed precision a tile's values share an exponent, and the tiles' bits differ. Without this call
 * the tile follows from the shape.
 *
 * @returns The tuned products of this device, those of `saved` included. None is timed where the device has no timestamp queries;
 * one that does not fit into memory is left out.
 * @throws TypeError or RangeError if `saved` is not such a result. Error as `installWebGpuKernels`, if there is no WebGPU backend.
 *
 * @example
 * ```ts norun
 * const stored = localStorage.getItem("tiles");
 * const saved = stored === null ? undefined : (JSON.parse(stored) as TunedKernels);
 * tf.matMul(tf.ones([2048, 192]), tf.ones([192, 768])); // or a step of a training
 * const tuned = await tuneWebGpuKernels(saved ? { saved } : {});
 * localStorage.setItem("tiles", JSON.stringify(tuned));
 * ```
 */
export async function tuneWebGpuKernels(options: TuneOptions = {}): Promise<TunedKernels> {
  const { saved } = requireOptions("tuneWebGpuKernels", options, CHECKS);
  const backend = currentWebGpuBackend("tuneWebGpuKernels");
  const device = backend.device as unknown as TimingDevice & { readonly adapterInfo?: AdapterInfo };
  const adapter = nameOf(device.adapterInfo);
  if (saved?.adapter === adapter) useSaved(device, saved);
  const shapes = shapesOn(device);
  if (device.features.has("timestamp-query")) {
    const context = new Context(backend);
    for (const { shape, timed } of [...shapes.values()]) {
      if (timed !== undefined || 2 * shape.batch * shape.rows * shape.columns * shape.inner < WORTH) continue;
      const times = await timeTiles(device, (shader) => context.pipelineOf(shader), shape);
      if (times === undefined) continue;
      const before = tileOfShape(shape);
      const tile = fastest(times, before);
      const timeOf = (each: typeof tile) => times[TILES.indexOf(each)]! / 1e3;
      chooseTile(device, shape, { tile, time: timeOf(tile), defaultTime: timeOf(before) });
    }
  }
  const products = [...shapes.values()].flatMap(({ shape, timed }) =>
    timed === undefined ? [] : [{ ...shape, ...timed, tile: timed.tile.name }],
  );
  return { adapter, products };
}

/** Parts of a `GPUAdapterInfo`; a browser may leave them empty. */
interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
}

function nameOf(info: AdapterInfo | undefined): string {
  return [info?.vendor, info?.architecture, info?.description].filter((word) => word).join(" ");
}

/** Uses the saved tiles; one that this version does not have is timed again. */
function useSaved(device: object, { products }: TunedKernels): void {
  for (const { tile: name, time, defaultTime, ...shape } of products) {
    const tile = TILES.find((each) => each.name === name);
    if (tile !== undefined) chooseTile(device, shape, { tile, time, defaultTime });
  }
}

function isTunedKernels(value: unknown): boolean {
  const { adapter, products } = (value ?? {}) as Partial<TunedKernels>;
  return typeof adapter === "string" && Array.isArray(products) && products.every(isTunedProduct);
}

function isTunedProduct(value: unknown): boolean {
  const product = (value ?? {}) as Partial<Record<string, unknown>>;
  const sides: (keyof ProductShape)[] = ["batch", "rows", "columns", "inner", "parts"];
  return (
    sides.every((side) => Number.isInteger(product[side]) && Number(product[side]) >= 1) &&
    ["transposeA", "transposeB"].every((name) => typeof product[name] === "boolean") &&
    ["time", "defaultTime"].every((name) => typeof product[name] === "number") &&
    typeof product.tile === "string" &&
    (PRECISIONS as readonly unknown[]).includes(product.precision)
  );
}
