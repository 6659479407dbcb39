/** Median milliseconds of `a` and `b`, run in turn so that a change of the machine's speed meets both. */
export function interleaved(rounds: number, a: () => void, b: () => void): [a: number, b: number] {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of [a, b].entries()) {
      const start = performance.now();
      run();
      times[i]!.push(performance.now() - start);
    }
  }
  return [median(times[0]), median(times[1])];
}

function median(values: number[]): number {
  return values.sort((x, y) => x - y)[Math.floor(values.length / 2)]!;
}
