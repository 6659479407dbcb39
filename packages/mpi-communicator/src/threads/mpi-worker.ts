// The one thread of a process that calls MPI's collective operations, in the order in which they were asked for.
import { parentPort, workerData } from "node:worker_threads";
import { CompressedAllreduce } from "../bfloat16/compressed-allreduce.ts";
import type { Mpi } from "../mpi/bindings.ts";
import { requireAgreement } from "./agreement.ts";
import type { MpiStart, Operation, Reply, Request } from "./messages.ts";
import { allreduce, broadcast } from "./operations.ts";
import { startMpi } from "./start-mpi.ts";

const port = parentPort!;
const reply = (message: Reply): void => port.postMessage(message);

function run(
  mpi: Mpi,
  hosts: readonly string[],
  compressed: (values: Float32Array) => void,
  operation: Operation,
): void {
  if (operation.kind === "finalize") {
    mpi.call("mpiCommunicator: close", "Finalize");
    return;
  }
  requireAgreement(mpi, hosts, operation);
  if (operation.kind === "allreduce") {
    if (operation.isCompressed) compressed(operation.values);
    else allreduce(mpi, operation.values);
  }
  if (operation.kind === "broadcast") broadcast(mpi, operation.values, operation.root);
}

try {
  const { mpi, started } = await startMpi(workerData as MpiStart, () => reply({ id: -1 }));
  let conversions: CompressedAllreduce | undefined; // made for the first sum that is compressed
  const compressed = (values: Float32Array): void => {
    conversions ??= new CompressedAllreduce(mpi, started.hosts.length);
    conversions.run(values);
  };
  port.on("message", ({ id, operation }: Request) => {
    try {
      run(mpi, started.hosts, compressed, operation);
      reply({ id });
    } catch (error) {
      reply({ id, error: error as Error });
    }
  });
  reply({ id: 0, started });
} catch (error) {
  reply({ id: 0, error: error as Error });
}
