import { packageBuild } from "../../tsup.base.ts";

export default packageBuild({
  entry: {
    index: "src/index.ts",
    node: "src/node.ts",
    browser: "src/browser.ts",
    tensors: "src/tensors.ts",
    "views-worker": "src/node/views/views-worker.ts",
  },
});
