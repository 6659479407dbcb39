import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../files/write-atomically.ts";
import { fromCsv, type PictureRow, toCsv } from "../judge/picture-rows.ts";
import { UsageError } from "../process/usage-error.ts";
import type { RunContext } from "./context.ts";
import type { ModelResult } from "./run-result.ts";

/** What the models of a run, or of all runs of a series, said of each held-out picture. */
const PICTURES = "pictures.csv";

/** Rows of a run's models; several classes of a picture are separated by `;`. Drawn pictures are named after their seed as well: the names alone are those of other drawings too. */
export function pictureRows(
  { settings, data }: Pick<RunContext, "settings" | "data">,
  models: readonly ModelResult[],
): PictureRow[] {
  const { validation, classNames } = data;
  const { seed } = settings.run;
  const drawn = settings.data.count === undefined ? "" : `${settings.data.seed ?? seed}/`;
  return models.flatMap(({ name: arm, predicted = [], pictures = [] }) =>
    pictures.map((index, i): PictureRow => {
      const namesOf = (labels: number | readonly number[]): string =>
        [labels]
          .flat()
          .map((label) => classNames[label]!)
          .join(";");
      const [label, said] = [namesOf(validation.classesOf(index)), namesOf(predicted[i]!)];
      return {
        ...{ picture: `${drawn}${validation.keys[index]}`, label, arm, seed },
        ...{ predicted: said, correct: said === label },
      };
    }),
  );
}

export function writePictures(folder: string, rows: readonly PictureRow[]): Promise<void> {
  return writeAtomically(join(folder, PICTURES), toCsv(rows));
}

/** Rows of a finished run or series. @throws UsageError naming the file if it is absent or holds something else. */
export async function readPictures(folder: string): Promise<PictureRow[]> {
  const file = join(folder, PICTURES);
  try {
    return fromCsv(await readFile(file, "utf8"), file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === undefined ? message : `could not read ${file}: ${message}`;
    throw new UsageError(`report: expected the folder of a finished run or series: ${why}`);
  }
}
