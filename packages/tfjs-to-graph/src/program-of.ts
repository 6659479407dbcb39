import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { computeConstants, constantOps } from "./constants/constant-values.ts";
import { liveOps } from "./constants/live-ops.ts";
import { KERNELS } from "./kernels/kernels.ts";
import { Refusal, refused } from "./refusal.ts";
import { type FinishedTrace, traceModel } from "./trace/trace-model.ts";
import type { LayerPlace, Trace } from "./trace/traced.ts";
import { type DynamicAxis, shapesFor, traceSizes } from "./varying/dynamic-axes.ts";
import { mergeTraces, type Program } from "./varying/merge-traces.ts";

/**
 * What a model does, for inputs of any size.
 *
 * @throws Refusal that names the layer that a graph cannot carry.
 */
export async function programOf(model: tfl.LayersModel, axes: readonly DynamicAxis[]): Promise<Program> {
  await tf.ready();
  requireStateless(model);
  const sizes = traceSizes(axes);
  const traces: FinishedTrace[] = [];
  const trace = (of: readonly number[]): Trace => {
    const shapes = shapesFor(model, axes, of);
    try {
      return traceModel(model, shapes, KERNELS, traces);
    } catch (error) {
      if (axes.every(({ axis }) => axis === 0)) throw error;
      // The sizes of other axes than the batch are ours, and may not be the model's.
      const inputs = shapes.map((shape) => `[${shape}]`).join(" and ");
      throw new Refusal(`${(error as Error).message} (for inputs of ${inputs})`, { cause: error });
    }
  };
  try {
    trace(sizes.first); // layers may make what they keep at their first call
    const lost = await giveValues(traces.splice(0));
    if (lost !== undefined)
      throw refused(
        lost,
        "it keeps a tensor that it computes from its inputs, so that it depends on earlier calls",
      );
    const first = trace(sizes.first);
    const again = trace(sizes.first);
    return mergeTraces({ sizes, first, again, each: sizes.each.map(trace), all: sizes.all.map(trace) });
  } finally {
    await giveValues(traces);
  }
}

/** A layer that remembers its last call would remember the trace. */
function requireStateless(model: tfl.LayersModel): void {
  for (const layer of model.layers) {
    if ((layer as { stateful?: boolean }).stateful !== true) continue;
    const isModel = "layers" in layer;
    if (isModel) requireStateless(layer as tfl.LayersModel);
    else
      throw refused(
        { path: layer.name, className: layer.getClassName() },
        "it is stateful: what it returns depends on earlier calls",
      );
  }
}

/**
 * Computes what layers kept from traces, so that it is there when they use it again; frees what cannot be computed, as it depends on
 * a trace's inputs.
 *
 * @returns A layer that kept something of the latter kind.
 */
async function giveValues(traces: readonly FinishedTrace[]): Promise<LayerPlace | undefined> {
  let lost: LayerPlace | undefined;
  for (const { kept, backend, ...trace } of traces) {
    const program = trace as Program; // numbers are sizes
    const ops = liveOps(
      program,
      kept.map(({ value }) => value),
    );
    const constant = constantOps(program, ops);
    const known = new Set([...constant].flatMap(({ outputs }) => outputs));
    const values = await computeConstants(program, constant, known);
    for (const { value, dataId } of kept) {
      const { shape, dtype, layer } = program.values[value]!;
      if (known.has(value)) backend.fill(dataId, values.get(value)!);
      else {
        lost ??= layer;
        const size = tf.util.sizeFromShape(shape as number[]);
        tf.engine().disposeTensor({ dataId, dtype, size } as tf.Tensor);
      }
    }
  }
  return lost;
}
