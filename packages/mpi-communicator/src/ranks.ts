import { inspect } from "node:util";
import { closedError, isCompressing, requireBroadcast, requireSummands } from "./check-values.ts";
import type { Compression, MpiCommunicator } from "./communicator.ts";
import { type Abort, abortOf, messageOf } from "./faults/abort.ts";
import { endRanksWithProcess } from "./faults/process-hooks.ts";
import type { MpiStart, Operation, Started } from "./threads/messages.ts";
import { MpiThread } from "./threads/mpi-thread.ts";
import { ValueSharer } from "./threads/shared-values.ts";
import { startWatch } from "./threads/watch-thread.ts";

/** Numbers from which on a sum is compressed: below, its latency counts, not its bytes. */
const SHORTEST_COMPRESSED = 65_536;

/** MPI's start is not watched over: that it waits for other processes is said after so many times `timeoutSeconds`. */
const PATIENCE = 6;

/** Seconds that the ranks have to finalize, after all have called `close()`. */
const FINALIZE_SECONDS = 60;

/** Options of a start. */
interface RanksStart extends Omit<MpiStart, "stillness"> {
  readonly compression: Compression;
  readonly timeoutSeconds: number;
}

/** Starts MPI and the watch, and returns the communicator over all ranks. */
export async function startRanks(options: RanksStart): Promise<MpiCommunicator> {
  const { timeoutSeconds, compression, ...start } = options;
  const { thread, started } = await MpiThread.start(start, PATIENCE * timeoutSeconds);
  const { rank, hosts, path, watched } = started;
  const { abort } = await abortOf(path, rank, start.host);
  const release = endRanksWithProcess(abort);
  const watch = await startWatch({ path, watched, rank, hosts, timeoutSeconds }, (error) => {
    abort(`the watch over the ranks failed: ${inspect(error)}`);
  });
  const close = async (): Promise<void> => {
    await thread.run({ kind: "close" });
    // From here on all ranks only finalize. One that is lost now would leave the others waiting in MPI_Finalize.
    await watch.stop();
    const late = setTimeout(
      () =>
        abort(
          `MPI_Finalize did not return in ${FINALIZE_SECONDS} s: another rank is gone, or too busy to close`,
        ),
      1000 * FINALIZE_SECONDS,
    );
    await thread.run({ kind: "finalize" });
    clearTimeout(late);
    release();
    await thread.end();
  };
  return new Ranks({ thread, started, abort, close, compression });
}

interface Parts {
  readonly thread: MpiThread;
  readonly started: Started;
  readonly abort: Abort;
  readonly close: () => Promise<void>;
  readonly compression: Compression;
}

/** The ranks that a launcher started. */
class Ranks implements MpiCommunicator {
  readonly rank: number;
  readonly size: number;
  readonly host: string;
  readonly hosts: readonly string[];
  private readonly thread: MpiThread;
  private readonly end: Abort;
  private readonly finalize: () => Promise<void>;
  compression: Compression;
  private readonly sharer = new ValueSharer();
  private closed: Promise<void> | undefined;
  private isOver = false;

  constructor({ thread, started, abort, close, compression }: Parts) {
    const { rank, hosts } = started;
    this.rank = rank;
    this.size = hosts.length;
    this.host = hosts[rank]!;
    this.hosts = hosts;
    this.thread = thread;
    this.end = abort;
    this.finalize = close;
    this.compression = compression;
  }

  async allreduce(values: Float32Array): Promise<void> {
    requireSummands(values);
    const isCompressed = isCompressing(this.compression) && values.length >= SHORTEST_COMPRESSED;
    const shared = this.sharer.share(values);
    const { buffer, byteOffset } = shared.bytes;
    const floats = new Float32Array(buffer, byteOffset, values.length);
    await this.run({ kind: "allreduce", values: floats, isCompressed });
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
    if (this.isOver) throw closedError("abort", error);
    return this.end(messageOf(error));
  }

  close(): Promise<void> {
    this.closed ??= this.finalize().then(() => {
      this.isOver = true;
    });
    return this.closed;
  }

  private async run(operation: Operation): Promise<void> {
    if (this.closed !== undefined) throw closedError(operation.kind);
    await this.thread.run(operation);
  }
}
