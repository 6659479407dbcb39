/** How sums travel. */
export interface Network {
  /** Bit/s of each direction that a sum reaches. */
  readonly rate: number;
  /** Seconds of a message of no length. */
  readonly latency: number;
  /** Seconds in which a host adds a byte, and copies it to and from MPI's memory. */
  readonly perByteHere: number;
}

/** Algorithm of a sum over all hosts. */
export type Algorithm = "ring" | "tree";

/**
 * Returns seconds of a sum: 2(p − 1)/p of the bytes cross each host's wire either way, in 2(p − 1) messages on a ring, 2 log₂ p by
 * recursive halving and doubling.
 *
 * @param bytes - Bytes of the vector in a host's memory.
 * @param onWire - Bytes of it on the wire: half of them as bf16.
 * @see Thakur, Rabenseifner, Gropp 2005, https://doi.org/10.1177/1094342005051521, section 4
 * @see Patarasuk, Yuan 2009, https://doi.org/10.1016/j.jpdc.2008.09.002
 */
export function sumSeconds(
  algorithm: Algorithm,
  hosts: number,
  { rate, latency, perByteHere }: Network,
  bytes: number,
  onWire: number,
): number {
  if (hosts === 1) return 0;
  const messages = algorithm === "ring" ? 2 * (hosts - 1) : 2 * Math.ceil(Math.log2(hosts));
  return messages * latency + 2 * ((hosts - 1) / hosts) * ((8 * onWire) / rate) + bytes * perByteHere;
}

/** A host as it computes. */
export interface Host {
  /** Seconds of a step's forward and backward passes over so many rows. */
  passes(rows: number): number;
  /** Seconds of the rest of a step. */
  readonly perStep: number;
  /** Rows of its micro-batches, all its threads together. */
  readonly microBatch: number;
}

/** Share of forward and backward pass that the backward pass takes: two products of three. */
const BACKWARD = 2 / 3;

/** Rows of the host that has most of a batch: pairs of rows are dealt, as `rowsOfRank` of sample-keys does. */
export function mostRows(batchSize: number, hosts: number): number {
  return Math.min(batchSize, 2 * Math.ceil(Math.ceil(batchSize / 2) / hosts));
}

/**
 * Returns seconds of a step.
 *
 * @param overlap - Whether the sum of gradients is under way while the last micro-batch's backward pass computes others.
 */
export function stepSeconds(host: Host, rows: number, sum: number, overlap: boolean): number {
  const hidden = overlap ? BACKWARD * host.passes(Math.min(rows, host.microBatch)) : 0;
  return host.passes(rows) + host.perStep + Math.max(0, sum - hidden);
}

/** Returns the speed of so many hosts over that many times one host's. */
export function efficiency(
  host: Host,
  batchSize: number,
  hosts: number,
  sum: number,
  overlap: boolean,
): number {
  const alone = stepSeconds(host, batchSize, 0, false);
  return alone / (hosts * stepSeconds(host, mostRows(batchSize, hosts), sum, overlap));
}
