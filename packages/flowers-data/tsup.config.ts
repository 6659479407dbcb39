import { packageBuild } from "../../tsup.base.ts";

export default packageBuild({
  entry: {
    index: "src/index.ts",
    core: "src/core.ts",
    tensors: "src/tensors.ts",
    "flowers-data-worker": "src/threads/worker.ts",
  },
});
