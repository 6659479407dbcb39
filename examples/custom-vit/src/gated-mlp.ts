import * as tfl from "@tensorflow/tfjs-layers";
import { type BlockLayerArgs, type BlockLayerSizes, Linear } from "vit-blocks";

/** SwiGLU in place of a block's MLP (https://arxiv.org/abs/2002.05202): `fc2(swish(gate(x)) · fc1(x))`. */
export function gatedMlp(
  { name, hiddenDim, init, seed }: BlockLayerArgs & { hiddenDim: number },
  { tokens, dim }: BlockLayerSizes,
): tfl.LayersModel {
  const linear = (part: string, units: number) => new Linear({ name: `${name}.${part}`, units, init, seed });
  const x = tfl.input({ shape: [tokens, dim] });
  const gate = tfl.layers.activation({ activation: "swish" }).apply(linear("gate", hiddenDim).apply(x));
  const hidden = tfl.layers
    .multiply()
    .apply([gate, linear("fc1", hiddenDim).apply(x)] as tfl.SymbolicTensor[]);
  return tfl.model({ inputs: x, outputs: linear("fc2", dim).apply(hidden) as tfl.SymbolicTensor, name });
}
