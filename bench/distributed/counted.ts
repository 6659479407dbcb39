import type { Communicator } from "train-loop";

/** What a communicator was asked to send since `reset`. */
export interface Traffic {
  /** Bytes of each operation of the first kind: vectors longer than {@link SMALL} numbers, which are gradients. */
  gradients: number;
  /** Bytes of all other operations. */
  others: number;
  /** Number of operations, barriers included. */
  operations: number;
  /** Milliseconds of the sums of gradients, waiting for other ranks included. */
  sumTimes: number[];
}

/** Most numbers of a vector of logs. */
const SMALL = 1000;

/** Returns a communicator that counts what passes through it. */
export function counted(communicator: Communicator): { communicator: Communicator; traffic: Traffic } {
  const traffic: Traffic = { gradients: 0, others: 0, operations: 0, sumTimes: [] };
  const counting: Communicator = {
    rank: communicator.rank,
    size: communicator.size,
    async allreduce(values) {
      traffic.operations += 1;
      if (values.length <= SMALL) {
        traffic.others += values.byteLength;
        await communicator.allreduce(values);
        return;
      }
      traffic.gradients += values.byteLength;
      const start = performance.now();
      await communicator.allreduce(values);
      traffic.sumTimes.push(performance.now() - start);
    },
    async broadcast(values, root) {
      traffic.operations += 1;
      traffic.others += values.byteLength;
      await communicator.broadcast(values, root);
    },
    async barrier() {
      traffic.operations += 1;
      await communicator.barrier();
    },
  };
  return { communicator: counting, traffic };
}
