import { packageBuild } from "../../tsup.base.ts";

// One entry per idea: a bundler can then leave the layer, and with it tfjs-layers, out of a bundle that uses the op.
export default packageBuild({
  entry: [
    "src/index.ts",
    "src/kept-residual.ts",
    "src/kept-samples.ts",
    "src/stochastic-depth.ts",
    "src/stochastic-depth-layer.ts",
    "src/linear-drop-rates.ts",
  ],
});
