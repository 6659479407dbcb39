import { BOOLEAN, check, FUNCTION, optional, requireOptions } from "known-options";
import type { Part } from "../../folders/split-parts.ts";
import type { SampleStore } from "../../sample-store.ts";
import { OPEN_CHECKS, type OpenImagesOptions, openWith } from "../tree/open-images.ts";
import type { FindPictures } from "../tree/read-tree.ts";
import { type DatasetLayout, type FoundDataset, findDataset } from "./find-dataset.ts";
import { givenTable, type LabelsFile } from "./labels-files.ts";

/** Options of {@link openDataset}. */
export interface OpenDatasetOptions extends OpenImagesOptions {
  /**
   * CSV or JSON lines with a row for each picture, in the data or elsewhere; `false`: none. Default: `metadata.csv`, `metadata.jsonl`,
   * `labels.csv` or `labels.jsonl` in the data, if there is one with columns of paths and labels.
   */
  readonly labelsFile?: string | false;
}

/** Pictures of a folder or an archive, with the split that it has. All stores are over the same bytes. */
export interface ImageDataset {
  readonly layout: DatasetLayout;
  /** All pictures. */
  readonly all: SampleStore;
  /** Pictures to train on: all, unless the data says which. */
  readonly train: SampleStore;
  /** Held-out ones, where the data says which. */
  readonly validation?: SampleStore;
  /** Pictures for the end, where the data says which. */
  readonly test?: SampleStore;
  /** Labels files that were read; several where each part of a split has one. */
  readonly labelsFiles: readonly LabelsFile[];
}

/**
 * Reads labeled pictures into memory, undecoded, in whichever of three layouts they are:
 *
 * - class folders: one folder a class, as for `openImages`;
 * - split folders: `train/`, and `val/` (`valid`, `validation`, `dev`, …), `test/` or both, each with one folder a class. The classes
 *   are those of `train`; keys begin with the part's folder. Pictures of `test` outside a folder have no label and are left out;
 * - a labels file: CSV or JSON lines, with columns of paths (`path`, `file`, `filename`, `file_name` or `image`), of labels, and, if there
 *   is a split, `split`. Labels are a column `label`, one of each picture; a column `labels`, any number (in JSON a list, in CSV
 *   separated by `;` or `|`); or one column of 0 and 1 for each class. Paths are relative to the labels file, or, if that lies
 *   elsewhere, to the data. Numbers as class names are in their own order, others in the alphabet's.
 *
 * Where a picture has several labels, or none, the stores have `multiHot`; where each has one, `labels` and one column a class give classes too. Other rules are those of `openImages`.
 *
 * @param path - `.tgz`, `.tar.gz`, `.tar`, or a folder.
 * @throws TypeError for an unknown option. Error of one line naming the path, as `openImages`; the part of a split without pictures or
 * with a class that `train` does not have; labels file and line for a row that is not one, a picture in two rows, a label of
 * no training picture, or where no row has a picture.
 *
 * @example
 * ```ts norun
 * const { layout, train, validation, test } = await openDataset("photos");
 * console.log(layout, train.size, validation?.size, test?.size);
 * ```
 */
export async function openDataset(path: string, options: OpenDatasetOptions = {}): Promise<ImageDataset> {
  requireOptions("openDataset", options, {
    ...OPEN_CHECKS,
    labelOrder: optional(FUNCTION),
    labelsFile: optional(check("a path or false", (value) => typeof value === "string" || value === false)),
    nestedClasses: optional(BOOLEAN),
  });
  const { labelOrder = (folders) => folders, labelsFile, nestedClasses = false, ...rest } = options;
  const given = typeof labelsFile === "string" ? await givenTable(labelsFile, path) : undefined;
  const rules = { orderOf: labelOrder, isNested: nestedClasses, given, isSearched: labelsFile !== false };
  let found: FoundDataset | undefined;
  const find: FindPictures = async (from, seen, notes, read) => {
    found = await findDataset({ path: from, seen, notes, read }, rules);
    return found;
  };
  const all = await openWith(path, rest, find, "of pictures");
  const { layout, parts, labelsFiles } = found!;
  const subset = (part: Part): SampleStore | undefined => {
    const own = parts.flatMap((one, i) => (one === part ? [i] : []));
    return own.length === 0 ? undefined : all.subset(own);
  };
  const [validation, test] = [subset("validation"), subset("test")];
  const train = validation === undefined && test === undefined ? all : subset("train");
  if (train === undefined)
    throw new Error(
      `${path}: expected pictures to train on, got none: all rows are of other parts of the split`,
    );
  return { layout, all, train, ...(validation && { validation }), ...(test && { test }), labelsFiles };
}
