import type { Converter, NamedWeights } from "../converter.ts";
import { cannot } from "../converter.ts";
import { planes, value } from "../value.ts";

export const batchNormalization: Converter = (call, to) => {
  const [x] = call.inputs;
  requireLastAxis(call, call.config.axis);
  const channels = x!.shape.at(-1)!;
  const filled = (name: string, number: number): NamedWeights =>
    call.has(name)
      ? call.weight(name)
      : { name: `${call.name}/${name}`, shape: [channels], data: new Float32Array(channels).fill(number) };
  const weights = [
    filled("gamma", 1),
    filled("beta", 0),
    call.weight("moving_mean"),
    call.weight("moving_variance"),
  ].map((it) => to.floats(it, it.name));
  const epsilon = { float: Number(call.config.epsilon) };
  return planes(to.node("BatchNormalization", [to.planes(x!), ...weights], { epsilon }), x!.shape);
};

/** tfjs' LayerNormalization, and LayerNorm of vit-blocks, along the last axis. */
export const layerNormalization: Converter = (call, to) => {
  const [x] = call.inputs;
  requireLastAxis(call, call.config.axis);
  const weights = ["gamma", "beta"].filter((name) => call.has(name)).map((name) => call.weight(name));
  if (weights[0]?.name.endsWith("beta") || weights.length === 0)
    throw cannot(call, "it has no scale (gamma)");
  const inputs = [to.plain(x!), ...weights.map((it) => to.floats(it, it.name))];
  const epsilon = { float: Number(call.config.epsilon) };
  return value(to.node("LayerNormalization", inputs, { axis: { int: -1 }, epsilon }), x!.shape);
};

function requireLastAxis(call: Parameters<Converter>[0], axis: unknown): void {
  const rank = call.inputs[0]!.shape.length;
  const axes = [axis ?? -1].flat();
  if (axes.length !== 1 || (axes[0] !== -1 && axes[0] !== rank - 1)) {
    throw cannot(call, `expected the last axis, got ${JSON.stringify(axis)}`);
  }
}
