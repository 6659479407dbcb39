import { deserialize, serialize } from "node:v8";
import type { MpiCommunicator } from "mpi-communicator";
import { Interrupted } from "../process/interrupted.ts";
import { coresOfEach } from "./cores.ts";
import type { Message } from "./messages.ts";

const ROOT = 0;

/** Rank 0 has ended the program. */
export class Ended extends Error {
  override readonly name = "Ended";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("rank 0 has ended");
    this.exitCode = exitCode;
  }
}

/**
 * The processes that `mpirun` started, of which rank 0 runs the program and the others do what it tells them. They meet in three ways:
 * rank 0 tells and the others hear; all train together; all wait for each other.
 */
export class RunRanks {
  readonly communicator: MpiCommunicator;
  /** Cores that each rank may use for itself. */
  readonly cores: number;
  #isTogether = false;

  private constructor(communicator: MpiCommunicator, cores: number) {
    this.communicator = communicator;
    this.cores = cores;
  }

  /** All ranks call it. */
  static async start(communicator: MpiCommunicator): Promise<RunRanks> {
    return new RunRanks(communicator, await coresOfEach(communicator));
  }

  get isRoot(): boolean {
    return this.communicator.rank === ROOT;
  }

  /** Whether an error of rank 0 finds the others in the midst of something, in which they hear nothing. */
  get isTogether(): boolean {
    return this.#isTogether;
  }

  /** Tells the other ranks. On rank 0 only. */
  async tell(message: Message): Promise<void> {
    const bytes = serialize(message);
    await this.communicator.broadcast(Float64Array.of(bytes.length), ROOT);
    await this.communicator.broadcast(bytes, ROOT);
  }

  /**
   * Waits for rank 0's next message. On the other ranks only.
   *
   * @throws Ended if rank 0 has ended, for whatever reason.
   */
  async hear(): Promise<Exclude<Message, { kind: "end" }>> {
    const length = new Float64Array(1);
    await this.communicator.broadcast(length, ROOT);
    const bytes = Buffer.alloc(length[0]!);
    await this.communicator.broadcast(bytes, ROOT);
    const message = deserialize(bytes) as Message;
    if (message.kind === "end") throw new Ended(message.exitCode);
    return message;
  }

  /** Hears a message of one kind. */
  async hearOf<Kind extends Message["kind"]>(kind: Kind): Promise<Extract<Message, { kind: Kind }>> {
    const message = await this.hear();
    if (message.kind === kind) return message as Extract<Message, { kind: Kind }>;
    throw new Error(`expected rank 0 to say '${kind}', got '${message.kind}'`);
  }

  /** Trains on all ranks, when rank 0 says so. */
  train<T>(work: () => Promise<T>): Promise<T> {
    return this.together(async () => {
      if (this.isRoot) await this.tell({ kind: "go" });
      else await this.hearOf("go");
      return work();
    });
  }

  /** Does work in which all ranks take part, until it ends or is stopped on all of them. */
  async together<T>(work: () => Promise<T>): Promise<T> {
    this.#isTogether = true;
    try {
      const result = await work();
      this.#isTogether = false;
      return result;
    } catch (error) {
      if (!isStop(error)) throw error;
      this.#isTogether = false;
      throw new Interrupted("stopped", { cause: error });
    }
  }
}

/** Whether a training has stopped because this rank, or another, was told to. */
export function isStop(error: unknown): boolean {
  return error instanceof Interrupted || (error instanceof DOMException && error.name === "AbortError");
}
