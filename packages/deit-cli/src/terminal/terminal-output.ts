import type { WriteStream } from "node:tty";
import type { LineOutput } from "./live-line.ts";
import { safeText } from "./safe-text.ts";

/** Error codes of writes to a closed pipe or terminal. */
const GONE: ReadonlySet<string | undefined> = new Set(["EPIPE", "EIO", "ENXIO", "ERR_STREAM_DESTROYED"]);

/**
 * A stream of the process for text that may name files and classes; see `safeText`.
 *
 * Text for a closed pipe or terminal (`train | head -1`) is dropped: the run continues.
 *
 * @throws Error of the stream, at once or as an uncaught exception, if a write fails for any other reason, such as a full disk.
 */
export function terminalOutput(stream: WriteStream): LineOutput {
  let isGone = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (!GONE.has(error.code)) throw error;
    isGone = true;
  });
  return {
    write(text) {
      if (!isGone) stream.write(safeText(text));
    },
    get isTTY() {
      return stream.isTTY;
    },
    get columns() {
      return stream.columns;
    },
  };
}
