import type { SampleStore } from "image-source";
import { decodeSample } from "image-source/node";
import type { DataSettings } from "../settings/settings.ts";
import { type LineOutput, liveLine } from "../terminal/live-line.ts";
import { pictureRules } from "./picture-rules.ts";

const AT_ONCE = 4; // decoded pictures in memory

/** Options of {@link undecodable}. */
export interface UndecodableOptions {
  readonly data: DataSettings;
  /** For a line that says how many are checked. */
  readonly output: LineOutput;
  readonly signal: AbortSignal | undefined;
}

/**
 * Decodes pictures whose turn in training comes late, after teachers have learned from others.
 *
 * @returns For each picture that does not decode its index, with the reason.
 * @throws Error naming the first one, unless bad pictures are skipped.
 */
export async function undecodable(
  store: SampleStore,
  indices: readonly number[],
  { data, output, signal }: UndecodableOptions,
): Promise<ReadonlyMap<number, string>> {
  const bad = new Map<number, string>();
  if (store.encoding.kind === "rgb") return bad;
  const { onBad, ...limits } = pictureRules(data);
  const line = liveLine(output);
  let isShown = false;
  const text = (done: number): string => `checking pictures without a label  ${done}/${indices.length}`;
  for (let start = 0; start < indices.length; start += AT_ONCE) {
    signal?.throwIfAborted();
    const some = indices.slice(start, start + AT_ONCE);
    const decoding = some.map((index) =>
      decodeSample(store, index, limits).then(
        () => undefined,
        (error: Error) => error,
      ),
    );
    for (const [i, problem] of (await Promise.all(decoding)).entries()) {
      if (problem === undefined) continue;
      if (onBad === "throw") throw problem;
      bad.set(some[i]!, problem.message);
    }
    line.update(() => {
      isShown = true;
      return text(start + some.length);
    });
  }
  if (isShown) line.finish(text(indices.length));
  return bad;
}
