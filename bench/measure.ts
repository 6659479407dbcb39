/** One side of a comparison. */
export interface Contestant {
  /** The function to time. */
  readonly run: () => void | Promise<void>;
  /** Called before each timing, not timed; what it returns is called after. */
  readonly enter?: () => () => void;
}

/** Length of a comparison. */
export interface Rounds {
  /** Timings of each side. */
  readonly rounds: number;
}

/** Median milliseconds of each side, run in turn so that a change of the machine's speed meets all of them. */
export async function interleaved(sides: readonly Contestant[], rounds: Rounds): Promise<number[]> {
  return (await interleavedTimes(sides, rounds)).map(median);
}

/** All milliseconds of each side, run in turn. */
export async function interleavedTimes(
  sides: readonly Contestant[],
  { rounds }: Rounds,
): Promise<number[][]> {
  const times: number[][] = sides.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, side] of sides.entries()) times[i]!.push(await timeOnce(side));
  }
  return times;
}

/** Milliseconds of one call. */
export async function timeOnce({ run, enter }: Contestant): Promise<number> {
  const leave = enter?.();
  try {
    const start = performance.now();
    const pending = run();
    if (pending instanceof Promise) await pending;
    return performance.now() - start;
  } finally {
    leave?.();
  }
}

/** Calls of `run` that together take about `milliseconds`, so that the clock can see them; warms `run` up. */
export function repeatsFor(run: () => void, milliseconds: number): number {
  if (timeRepeated(run, 1) >= milliseconds) return 1;
  for (let repeats = 1; ; repeats *= 4) {
    const took = repeats * timeRepeated(run, repeats);
    if (took >= milliseconds / 4) return Math.max(1, Math.ceil((repeats * milliseconds) / took));
  }
}

/** Milliseconds of one of `repeats` calls. */
export function timeRepeated(run: () => void, repeats: number): number {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) run();
  return (performance.now() - start) / repeats;
}

/** The middle value; the mean of two where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
