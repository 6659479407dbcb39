import type { Added } from "../../session/types.ts";
import type { Album } from "./album.ts";
import type { KeptPicture } from "./kept-picture.ts";

/** Pictures after which the page is told how far it is, and after which they are kept if the tab is closed. */
const [PROGRESS, KEPT_AT] = [8, 32];

/** What a picture to add is called, and its class. */
export interface Named {
  readonly name: string;
  readonly className: string;
}

/** Pictures to add, what makes their pixels, and what is told how many there are so far. */
export type Addition<T extends Named> = readonly [
  items: readonly T[],
  imageOf: (item: T) => Promise<KeptPicture["image"]>,
  onProgress: ((done: number) => void) | undefined,
];

/**
 * Adds pictures to an album. Files are written while the next pictures are made, and the album's list names what is written.
 *
 * @returns The pictures that were added, in the album's order, and those that were not, with the reason.
 */
export async function addPictures<T extends Named>(
  album: Album,
  ...[items, imageOf, onProgress]: Addition<T>
): Promise<{ added: readonly KeptPicture[]; refused: Added["refused"] }> {
  const added = new Set<KeptPicture>();
  const refused: { name: string; reason: string }[] = [];
  const refuse = ({ name }: T, error: unknown) => {
    refused.push({ name, reason: (error as Error).message });
  };
  let storing: Promise<void>[] = [];
  const keep = async (): Promise<void> => {
    await Promise.all(storing);
    storing = [];
    await album.flush();
  };
  try {
    for (const [i, item] of items.entries()) {
      try {
        const one = await album.add(item.className, await imageOf(item));
        if (one === undefined) refuse(item, new Error("it is there already"));
        else
          storing.push(
            one.stored.then(
              () => void added.add(one.picture),
              (error) => refuse(item, error),
            ),
          );
      } catch (error) {
        refuse(item, error);
      }
      if ((i + 1) % PROGRESS === 0) onProgress?.(i + 1);
      if (storing.length >= KEPT_AT) await keep();
    }
  } finally {
    await keep();
  }
  return { added: album.pictures.filter((one) => added.has(one)), refused };
}
