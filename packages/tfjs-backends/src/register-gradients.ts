// tfjs-core registers its gradients in a file that plain Node cannot import (ES modules without file extensions in a
// package not marked as such), so `tsup.gradients.config.ts` bundles this one into `gradients/register.js`.
// The registry lives on `globalThis`: the application's copy of tfjs-core sees what the bundled copy registers.
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
