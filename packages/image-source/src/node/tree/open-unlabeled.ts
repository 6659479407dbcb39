import { LIST, requireOptions } from "known-options";
import type { SampleStore } from "../../sample-store.ts";
import { allPictures } from "./class-folders.ts";
import { OPEN_CHECKS, type OpenOptions, openWith } from "./open-images.ts";

/** Options of {@link openUnlabeled}. */
export interface OpenUnlabeledOptions extends OpenOptions {
  /** Names of the classes that a teacher knows, the store's. */
  readonly classNames: readonly string[];
}

/**
 * Reads pictures that nobody labeled into memory, undecoded: all of a folder or a tar archive, flat or nested. Folders mean
 * nothing; other rules are those of `openImages`.
 *
 * @param path - `.tgz`, `.tar.gz`, `.tar`, or a folder.
 * @returns A store whose labels are −1 and whose keys are `"unlabeled/<path>"`, to be joined to a labeled one by `joinStores`.
 * @throws TypeError for an unknown option. Error of one line naming the path, as `openImages`, or if there is no picture.
 *
 * @example
 * ```ts norun
 * const labeled = await openImages("photos");
 * const more = await openUnlabeled("camera-roll", { classNames: labeled.classNames });
 * const store = joinStores(labeled, more);
 * ```
 */
export async function openUnlabeled(path: string, options: OpenUnlabeledOptions): Promise<SampleStore> {
  requireOptions("openUnlabeled", options, { ...OPEN_CHECKS, classNames: LIST });
  const { classNames, ...rest } = options;
  return openWith(
    path,
    rest,
    (from, seen, notes) => ({ classNames, files: allPictures(from, seen, notes, "unlabeled/") }),
    "of pictures",
  );
}
