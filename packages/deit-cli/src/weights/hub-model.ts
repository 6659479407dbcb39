import { type HubOptions, hubFolder, hubName } from "hub-files";
import { UsageError } from "../process/usage-error.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { withProgress } from "./hub-progress.ts";

/** The beginning of a hub's name where a path is expected: without it, `runs/demo` could be either. */
const PREFIX = "hf:";

/** Whether a value of `--model` or `--teacher` is a name on the hub, `hf:owner/name`. */
export function isHubModel(model: string): boolean {
  return model.startsWith(PREFIX);
}

/**
 * The local path of `--model` or `--teacher`: the folder of a hub's name in the cache, with `config.json`, preprocessing and weights
 * (safetensors, PyTorch's, else ONNX), which are downloaded once; any other value as it is.
 *
 * @throws UsageError, with the option, for what begins with `hf:` and is no name. Error, with the option, if the download fails.
 */
export async function fetchModel(
  option: string,
  model: string,
  output: LineOutput,
  options: Pick<HubOptions, "signal" | "env"> = {},
): Promise<string> {
  if (!isHubModel(model)) return model;
  const name = hubName(model);
  if (name === undefined)
    throw new UsageError(`${option}: expected hf:owner/name or hf:owner/name@revision, got '${model}'`);
  return withProgress({ option, shown: model, output, signal: options.signal }, (onProgress) =>
    hubFolder(name, { ...options, weights: "any", onProgress }),
  );
}
