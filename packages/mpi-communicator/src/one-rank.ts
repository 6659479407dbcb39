import { closedError, isCompressing, requireBroadcast, requireSummands } from "./check-values.ts";
import type { Compression, MpiCommunicator } from "./communicator.ts";
import { messageOf, printError } from "./faults/abort.ts";

/** A process by itself: sums and broadcasts leave the values as they are. */
export class OneRank implements MpiCommunicator {
  readonly rank = 0;
  readonly size = 1;
  readonly host: string;
  readonly hosts: readonly string[];
  compression: Compression;
  private isClosed = false;

  constructor(host: string, compression: Compression) {
    this.host = host;
    this.compression = compression;
    this.hosts = [host];
  }

  async allreduce(values: Float32Array): Promise<void> {
    requireSummands(values);
    isCompressing(this.compression);
    this.requireOpen("allreduce");
  }

  async broadcast(values: ArrayBufferView, root: number): Promise<void> {
    requireBroadcast(values, root, this.size);
    this.requireOpen("broadcast");
  }

  async barrier(): Promise<void> {
    this.requireOpen("barrier");
  }

  abort(error: unknown): never {
    if (this.isClosed) throw closedError("abort", error);
    printError(`rank 0 on ${this.host}: ${messageOf(error)}`);
    process.exit(1);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  private requireOpen(operation: string): void {
    if (this.isClosed) throw closedError(operation);
  }
}
