import { csvCell } from "../files/csv.ts";

/** What a model said of one held-out picture. */
export interface PictureRow {
  /** Equal for equal pictures only. */
  readonly picture: string;
  /** Name of its class. */
  readonly label: string;
  /** The model: `student alone`, … */
  readonly arm: string;
  readonly seed: number;
  /** Name of the class that the model gave it. */
  readonly predicted: string;
  readonly correct: boolean;
}

/** First line of the CSV. */
export const PICTURE_COLUMNS = "picture,label,arm,seed,predicted,correct";

/** Rows as CSV (RFC 4180, lines end with a line feed), `correct` as 1 or 0. */
export function toCsv(rows: readonly PictureRow[]): string {
  const lines = rows.map((row) =>
    [row.picture, row.label, row.arm, row.seed, row.predicted, row.correct ? 1 : 0].map(csvCell).join(","),
  );
  return `${[PICTURE_COLUMNS, ...lines].join("\n")}\n`;
}

/** Rows of a CSV of these columns. @throws Error naming the file and the row that does not fit. */
export function fromCsv(text: string, file: string): PictureRow[] {
  const [header, ...lines] = cellsOf(text);
  if (header?.join() !== PICTURE_COLUMNS)
    throw new Error(`${file}: expected the columns ${PICTURE_COLUMNS}, got ${header?.join()}`);
  return lines.map((cells, i) => {
    const [picture, label, arm, seed, predicted, correct] = cells;
    if (cells.length !== header!.length || !/^\d+$/.test(seed!) || !/^[01]$/.test(correct!))
      throw new Error(`${file}: row ${i + 1}: expected ${PICTURE_COLUMNS}, got ${cells.join()}`);
    const names = { picture: picture!, label: label!, arm: arm!, predicted: predicted! };
    return { ...names, seed: Number(seed), correct: correct === "1" };
  });
}

/** Cells of a CSV, row by row. */
function cellsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quotedCell, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    if (end === "" && row.length === 0 && !plain && quotedCell === undefined) break; // after the last line
    row.push(quotedCell?.replaceAll('""', '"') ?? plain!);
    if (end === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
