import { existsSync } from "node:fs";
import { UsageError } from "../process/usage-error.ts";
import { percent } from "../terminal/format.ts";
import { type LineOutput, liveLine } from "../terminal/live-line.ts";
import { cachedHubFile, type HubOptions, hubFile, hubNameOf } from "./hub-file.ts";

/**
 * The local file of `--weights` or `--select-from`: the path itself, or a file of the hub that is in the cache.
 *
 * @throws UsageError, with the option, if there is neither.
 */
export function weightsFile(option: string, weights: string, env?: HubOptions["env"]): string {
  if (existsSync(weights)) return weights;
  const name = hubNameOf(weights);
  const cached = name && cachedHubFile(name, env);
  if (cached !== undefined) return cached;
  throw new UsageError(`${option}: expected a safetensors file, got '${weights}', which does not exist`);
}

/**
 * Brings the weights of a hub's name into the cache, and says what is downloaded and how large it is. A path that exists wins over a
 * name.
 *
 * @throws UsageError, with the option, for what is neither a file nor a hub's name. Error, with the option, if the download fails.
 */
export async function fetchWeights(
  option: string,
  weights: string,
  output: LineOutput,
  options: Pick<HubOptions, "signal" | "env"> = {},
): Promise<string> {
  const name = existsSync(weights) ? undefined : hubNameOf(weights);
  if (name === undefined || cachedHubFile(name, options.env) !== undefined)
    return weightsFile(option, weights, options.env);
  const line = liveLine(output);
  let isSaid = false;
  const onProgress = ({ received, total }: { readonly received: number; readonly total: number }): void => {
    const size = `${(total / 1e6).toFixed(1)} MB`;
    if (!isSaid) output.write(`weights: downloading ${weights} from the Hugging Face Hub, ${size}, once\n`);
    isSaid = true;
    line.update(() => `weights: ${percent(received / total)} of ${size}`);
  };
  const path = await hubFile(name, { ...options, onProgress }).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    throw new Error(`${option}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  });
  line.finish(`weights: ${path}`);
  return path;
}
