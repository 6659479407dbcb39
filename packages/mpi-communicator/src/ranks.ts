import { requireBroadcast, requireSummands } from "./check-values.ts";
import type { MpiCommunicator } from "./communicator.ts";
import { type Abort, abortOf, messageOf } from "./faults/abort.ts";
import type { MpiStart, Operation, Started } from "./threads/messages.ts";
import { MpiThread } from "./threads/mpi-thread.ts";
import { ValueSharer } from "./threads/shared-values.ts";

/** Starts MPI, and returns the communicator over all ranks. */
export async function startRanks(start: MpiStart): Promise<MpiCommunicator> {
  const { thread, started } = await MpiThread.start(start);
  const { abort } = await abortOf(started.path, started.rank, start.host);
  return new Ranks(thread, started, abort);
}

/** The ranks that a launcher started. */
class Ranks implements MpiCommunicator {
  readonly rank: number;
  readonly size: number;
  readonly host: string;
  readonly hosts: readonly string[];
  private readonly thread: MpiThread;
  private readonly end: Abort;
  private readonly sharer = new ValueSharer();
  private closed: Promise<void> | undefined;

  constructor(thread: MpiThread, { rank, hosts }: Started, end: Abort) {
    this.rank = rank;
    this.size = hosts.length;
    this.host = hosts[rank]!;
    this.hosts = hosts;
    this.thread = thread;
    this.end = end;
  }

  async allreduce(values: Float32Array): Promise<void> {
    requireSummands(values);
    const shared = this.sharer.share(values);
    const { buffer, byteOffset } = shared.bytes;
    const floats = new Float32Array(buffer, byteOffset, values.length);
    await this.run({ kind: "allreduce", values: floats, isCompressed: false });
    shared.finish();
  }

  async broadcast(values: ArrayBufferView, root: number): Promise<void> {
    requireBroadcast(values, root, this.size);
    const shared = this.sharer.share(values);
    await this.run({ kind: "broadcast", values: shared.bytes, root });
    shared.finish();
  }

  barrier(): Promise<void> {
    return this.run({ kind: "barrier" });
  }

  abort(error: unknown): never {
    return this.end(messageOf(error));
  }

  close(): Promise<void> {
    this.closed ??= this.finalize();
    return this.closed;
  }

  private async run(operation: Operation): Promise<void> {
    if (this.closed !== undefined) throw new Error(`${operation.kind}: the communicator is closed`);
    await this.thread.run(operation);
  }

  private async finalize(): Promise<void> {
    await this.thread.run({ kind: "close" });
    await this.thread.run({ kind: "finalize" });
    await this.thread.end();
  }
}
