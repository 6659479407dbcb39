import { base64 } from "../modules/probe.generated.ts";
import { decode } from "../side-module.ts";

type Tile = (a: number, b: number, k: number, c: number, times: number) => void;

const DEPTH = 256;
/** Tiles of 4×8 and of 6×16 for the same number of multiply-adds: 0.3 ms and half of that. */
const NARROW_TILES = 900;
const WIDE_TILES = 300;
const MOST_REPEATS = 40;
/** A speed-up that noise does not explain. */
const CLEAR = 1.5;

/**
 * Speed of the 256-bit build's register tile as a multiple of the 128-bit one's: about 2 where V8 merges it, under 1 where
 * it does not. Takes 2 ms, or 20 ms where the tile is not clearly faster.
 *
 * @param compile - Compiles as the whole module will be compiled.
 */
export function speedOfWideTile(compile: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module): number {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536 });
  const module = compile(decode(base64));
  const { narrow, wide } = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
    string,
    Tile
  >;
  const [a, b, c] = [128 * 1024, 160 * 1024, 192 * 1024];
  const time = (tile: Tile, tiles: number): number => {
    const start = performance.now();
    tile(a, b, DEPTH, c, tiles);
    return performance.now() - start;
  };
  // In turn, and the least time of each: the one that nothing disturbed.
  let [slow, fast] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 0; i < MOST_REPEATS && !(i >= 3 && slow / fast > CLEAR); i++) {
    slow = Math.min(slow, time(narrow!, NARROW_TILES));
    fast = Math.min(fast, time(wide!, WIDE_TILES));
  }
  return slow / fast;
}
