import type { Mpi } from "../mpi/bindings.ts";
import type { WatchStart } from "./messages.ts";

const TAG = 1;
/** Where MPI writes the request of a message under way; Open MPI's is an address, MPICH's an int. */
type Request = BigUint64Array | Int32Array;

interface Peer {
  readonly rank: number;
  /** Seconds since something came from it. */
  silence: number;
  /** Whether it has said goodbye, and been told it. */
  hasLeft: boolean;
  isTold: boolean;
  readonly request: Request;
  isSending: boolean;
}

/**
 * Small messages between rank 0 and each other rank, on a communicator of their own. Nothing here waits for another rank: a message
 * that is still under way to one that does not take it is not followed by another.
 */
export class Heartbeats {
  private readonly mpi: Mpi;
  private readonly rank: number;
  private readonly comm: WatchStart["watched"];
  private readonly peers = new Map<number, Peer>();
  private readonly message: Int32Array;
  private readonly goodbye: Int32Array;
  private readonly received = new Int32Array(2);
  private readonly flag = new Int32Array(1);
  private isLeaving = false;

  constructor(mpi: Mpi, { watched, rank, hosts }: Pick<WatchStart, "watched" | "rank" | "hosts">) {
    this.mpi = mpi;
    this.rank = rank;
    this.comm = watched;
    // The sender and whether it leaves. MPI may read these until a message is out: they never change, nor move.
    this.message = new Int32Array(new SharedArrayBuffer(8));
    this.goodbye = new Int32Array(new SharedArrayBuffer(8));
    this.message.set([rank, 0]);
    this.goodbye.set([rank, 1]);
    const others = rank === 0 ? hosts.map((_, other) => other).slice(1) : [0];
    for (const other of others) {
      const request = mpi.abi.handle === "int" ? new Int32Array(1) : new BigUint64Array(1);
      this.peers.set(other, {
        rank: other,
        silence: 0,
        hasLeft: false,
        isTold: false,
        request,
        isSending: false,
      });
    }
  }

  /** Takes what has come, and sends to all that were not told goodbye. */
  exchange(): void {
    this.receive();
    for (const peer of this.peers.values()) {
      if (!peer.isTold) this.send(peer, this.message);
    }
  }

  /**
   * Takes leave: ranks say goodbye to rank 0, which says it to all when all have. Returns whether that is over for this rank; until
   * then it is heard.
   */
  leave(): boolean {
    this.isLeaving = true;
    this.receive();
    const peers = [...this.peers.values()];
    const isLast = this.rank !== 0 || peers.every(({ hasLeft }) => hasLeft);
    for (const peer of peers) {
      if (isLast) peer.isTold ||= this.send(peer, this.goodbye);
    }
    return peers.every((peer) => peer.hasLeft && peer.isTold && !this.isBusy(peer));
  }

  /** Counts the time that has passed; returns the rank that was silent for longest, and for how many seconds. */
  pass(seconds: number): { readonly rank: number; readonly silence: number } {
    for (const peer of this.peers.values()) peer.silence += seconds;
    // One that has left is silent; but it must still take this rank's own goodbye.
    const silent = [...this.peers.values()].filter(
      ({ hasLeft, isTold, isSending }) => !hasLeft || (this.isLeaving && isTold && isSending),
    );
    return silent.reduce((most, one) => (one.silence > most.silence ? one : most), { rank: 0, silence: 0 });
  }

  private receive(): void {
    const { abi } = this.mpi;
    for (;;) {
      this.call("Iprobe", abi.anySource, TAG, this.comm, this.flag, abi.statusIgnore);
      if (this.flag[0] === 0) return;
      this.call("Recv", this.received, 2, abi.int, abi.anySource, TAG, this.comm, abi.statusIgnore);
      const peer = this.peers.get(this.received[0]!)!;
      peer.silence = 0;
      peer.hasLeft = this.received[1] === 1;
    }
  }

  /** Returns whether the message is on its way: an earlier one may still be. */
  private send(peer: Peer, message: Int32Array): boolean {
    if (this.isBusy(peer)) return false;
    this.call("Isend", message, 2, this.mpi.abi.int, peer.rank, TAG, this.comm, peer.request);
    peer.isSending = true;
    return true;
  }

  private isBusy(peer: Peer): boolean {
    if (!peer.isSending) return false;
    this.call("Test", peer.request, this.flag, this.mpi.abi.statusIgnore);
    peer.isSending = this.flag[0] === 0;
    return peer.isSending;
  }

  private call(name: Parameters<Mpi["call"]>[1], ...args: readonly Parameters<Mpi["call"]>[2][]): void {
    this.mpi.call("mpiCommunicator: watch", name, ...args);
  }
}
