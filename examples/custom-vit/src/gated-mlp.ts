import * as tfl from "@tensorflow/tfjs-layers";
import { type BlockLayerArgs, Linear } from "vit-blocks";

/** SwiGLU in place of a block's MLP (https://arxiv.org/abs/2002.05202): `fc2(swish(gate(x)) · fc1(x))`. */
export function gatedMlp(args: BlockLayerArgs & { hiddenDim: number }): tfl.LayersModel {
  const { name, tokens, dim, hiddenDim, init, seed } = args;
  const linear = (part: string, units: number) => new Linear({ name: `${name}.${part}`, units, init, seed });
  const x = tfl.input({ shape: [tokens, dim] });
  const gate = tfl.layers.activation({ activation: "swish" }).apply(linear("gate", hiddenDim).apply(x));
  const hidden = tfl.layers
    .multiply()
    .apply([gate, linear("fc1", hiddenDim).apply(x)] as tfl.SymbolicTensor[]);
  return tfl.model({ inputs: x, outputs: linear("fc2", dim).apply(hidden) as tfl.SymbolicTensor, name });
}
