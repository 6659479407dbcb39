import { packageBuild } from "../../tsup.base.ts";

export default packageBuild({
  entry: {
    index: "src/index.ts",
    browser: "src/browser.ts",
    node: "src/node.ts",
    "start-workers": "src/browser/workers/start-threads.ts",
    "start-threads": "src/node/threads/start-threads.ts",
    thread: "src/node/threads/thread.ts",
  },
  external: ["#threads"],
});
