import { packageBuild } from "../../tsup.base.ts";

export default packageBuild({
  entry: {
    index: "src/index.ts",
    "mpi-worker": "src/threads/mpi-worker.ts",
    "watch-worker": "src/threads/watch-worker.ts",
  },
});
