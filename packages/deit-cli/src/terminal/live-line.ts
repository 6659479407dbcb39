/** An output of lines, such as `process.stdout`. */
export interface LineOutput {
  write(text: string): unknown;
  /** True where a line can be overwritten. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const REDRAW_EVERY_MS = 100;
const PLAIN_LINE_EVERY_MS = 5000;
/** Clears the terminal's line from the cursor on. */
export const ERASE_REST: string = "\x1b[K";

/** One line that changes: redrawn in place on a terminal, now and then a plain line elsewhere. */
export interface LiveLine {
  /** Shows `text` on a terminal, at once. */
  show(text: string): void;
  /** Shows `text()` if it is time to; it is not called otherwise. */
  update(text: () => string): void;
  /** Shows `text` for good and ends the line. */
  finish(text: string): void;
}

/** @param now - Milliseconds; for tests. */
export function liveLine(output: LineOutput, now: () => number = () => performance.now()): LiveLine {
  const isTerminal = output.isTTY === true;
  let shownAt = now();
  const draw = (text: string, end: string): void => {
    const width = (output.columns ?? 80) - 1;
    output.write(isTerminal ? `\r${text.slice(0, width)}${ERASE_REST}${end}` : `${text}\n`);
    shownAt = now();
  };
  return {
    show(text) {
      if (isTerminal) draw(text, "");
    },
    update(text) {
      if (now() - shownAt >= (isTerminal ? REDRAW_EVERY_MS : PLAIN_LINE_EVERY_MS)) draw(text(), "");
    },
    finish(text) {
      draw(text, "\n");
    },
  };
}
