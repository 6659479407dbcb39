import type { HubProgress } from "hub-files";
import { percent } from "../terminal/format.ts";
import { type LineOutput, liveLine } from "../terminal/live-line.ts";

/** A download that is shown. */
interface ShownDownload {
  /** Option of the command line whose name is downloaded. */
  readonly option: string;
  /** The name as it was typed. */
  readonly shown: string;
  readonly output: LineOutput;
  readonly signal: AbortSignal | undefined;
}

/**
 * Downloads something from the hub, and says of each file what it is, how large it is, and how much of it has arrived.
 *
 * @throws Error, with the option, if the download fails; the signal's reason if it is aborted.
 */
export async function withProgress(
  { option, shown, output, signal }: ShownDownload,
  download: (onProgress: (progress: HubProgress) => void) => Promise<string>,
): Promise<string> {
  const line = liveLine(output);
  const what = option.replace(/^-+/, "");
  let current: string | undefined;
  const onProgress = ({ file, received, total }: HubProgress): void => {
    const size = total === undefined ? "of unknown size" : `${(total / 1e6).toFixed(1)} MB`;
    const label = file === "model.safetensors" ? shown : `${shown}, ${file},`;
    if (file !== current)
      output.write(`${what}: downloading ${label} from the Hugging Face Hub, ${size}, once\n`);
    current = file;
    line.update(() => `${what}: ${total ? `${percent(received / total)} of ` : ""}${size}`);
  };
  const path = await download(onProgress).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new Error(`${option}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  });
  line.finish(`${what}: ${path}`);
  return path;
}
