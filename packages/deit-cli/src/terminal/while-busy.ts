import { duration } from "./format.ts";
import { ERASE_REST, type LineOutput } from "./live-line.ts";

const EVERY_MS = 1000;

/**
 * Says what is done while work takes long: on a terminal at once, with the seconds that pass, in a line that vanishes at the end;
 * elsewhere in one line, if it takes a second.
 *
 * @param work - Gets an output of its own: what it writes takes the line's place, until a second has passed.
 */
export async function whileBusy<T>(
  output: LineOutput,
  text: string,
  work: (output: LineOutput) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  let writtenAt = Number.NEGATIVE_INFINITY;
  let isDrawn = false;
  let isSaid = false;
  const erase = (): void => {
    if (isDrawn) output.write(`\r${ERASE_REST}`);
    isDrawn = false;
  };
  const show = (): void => {
    const elapsed = performance.now() - startedAt;
    if (performance.now() - writtenAt < EVERY_MS) return;
    if (output.isTTY !== true) {
      if (!isSaid && elapsed > EVERY_MS / 2) output.write(`${text} …\n`);
      isSaid ||= elapsed > EVERY_MS / 2;
      return;
    }
    const passed = elapsed < EVERY_MS ? "" : `  ${duration(elapsed)}`;
    const width = (output.columns ?? 80) - 1;
    output.write(`\r${`${text} …${passed}`.slice(0, width)}${ERASE_REST}`);
    isDrawn = true;
  };
  show();
  const timer = setInterval(show, EVERY_MS);
  try {
    return await work({
      write: (written) => {
        erase();
        writtenAt = performance.now();
        return output.write(written);
      },
      get isTTY() {
        return output.isTTY === true;
      },
      get columns() {
        return output.columns ?? 80;
      },
    });
  } finally {
    clearInterval(timer);
    erase();
  }
}
