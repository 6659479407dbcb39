import { existsSync } from "node:fs";
import { cachedHubWeights, type HubOptions, hubName, hubWeights } from "hub-files";
import { UsageError } from "../process/usage-error.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { withProgress } from "./hub-progress.ts";

/** What `--weights` and `--select-from` take, for errors. */
export const WEIGHTS = "a file or folder of weights (safetensors, .pth), or a name on the Hugging Face Hub";

/**
 * The local file or folder of `--weights` or `--select-from`: the path itself, or the weights of the hub that are in the cache.
 *
 * @throws UsageError, with the option, if there is neither.
 */
export function weightsFile(option: string, weights: string, env?: HubOptions["env"]): string {
  if (existsSync(weights)) return weights;
  const name = hubName(weights);
  const cached = name && cachedHubWeights(name, env === undefined ? {} : { env });
  if (cached !== undefined) return cached;
  throw new UsageError(`${option}: expected ${WEIGHTS}, got '${weights}', which does not exist`);
}

/**
 * Brings the weights of a hub's name into the cache, and says what is downloaded and how large it is. A path that exists wins over a
 * name.
 *
 * @throws UsageError, with the option, for what is neither a path nor a hub's name. Error, with the option, if the download fails.
 */
export async function fetchWeights(
  option: string,
  weights: string,
  output: LineOutput,
  options: Pick<HubOptions, "signal" | "env"> = {},
): Promise<string> {
  const { env } = options;
  const name = existsSync(weights) ? undefined : hubName(weights);
  if (name === undefined || cachedHubWeights(name, env === undefined ? {} : { env }) !== undefined)
    return weightsFile(option, weights, env);
  return withProgress({ option, shown: weights, output, signal: options.signal }, (onProgress) =>
    hubWeights(name, { ...options, onProgress }),
  );
}
