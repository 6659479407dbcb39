// What `ranks.test.ts` starts as two ranks: operations of more values than one message holds, with a short limit in place of 2^30.
import { CompressedAllreduce } from "../src/bfloat16/compressed-allreduce.ts";
import { allreduce, broadcast } from "../src/threads/operations.ts";
import { startMpi } from "../src/threads/start-mpi.ts";

const stillness = new Int32Array(new SharedArrayBuffer(8)).fill(1); // this is the main thread
const { mpi, started } = await startMpi(
  {
    ...{ library: undefined, family: "Open MPI", launcher: "mpirun", size: 2, host: "here", stillness },
  },
  () => undefined,
);
const { rank } = started;
const sums = new Float32Array(10).map((_, i) => (rank + 1) * i);
allreduce(mpi, sums, 4);
const compressed = new Float32Array(11).map((_, i) => (rank + 1) * i);
new CompressedAllreduce(mpi, 2, 4).run(compressed);
const bytes = new Uint8Array(9).map((_, i) => 10 * (rank + 1) + i);
broadcast(mpi, bytes, 1, 4);
let words = "";
try {
  broadcast(mpi, bytes, 7);
} catch (error) {
  words = (error as Error).message;
}
const arrays = { sums: [...sums], compressed: [...compressed], bytes: [...bytes] };
process.stdout.write(`${JSON.stringify({ rank, ...arrays, words })}\n`);
mpi.call("parts", "Finalize");
