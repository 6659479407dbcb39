import type { CheckpointStorage } from "train-loop";
import type { ByteImage } from "vision-augment";
import type { ClassOfProject } from "../../session/types.ts";
import { type KeptPicture, pictureId } from "./kept-picture.ts";

/** What is stored of an album besides the pixels, which have a file each. */
interface Index {
  readonly classNames: readonly string[];
  readonly pictures: readonly {
    readonly id: string;
    readonly className: string;
    readonly width: number;
    readonly height: number;
  }[];
}

const INDEX = "album.json";
const fileOf = (id: string) => `picture-${id}`;
/** Files that are read or written at a time. */
const AT_ONCE = 16;

/** A picture that is being stored. */
export interface AddedPicture {
  readonly picture: KeptPicture;
  readonly stored: Promise<void>;
}

/** The pictures of a project by class, in memory and in the browser's storage. */
export class Album {
  readonly #storage: CheckpointStorage;
  #classNames: string[] = [];
  #pictures: KeptPicture[] = [];

  private constructor(storage: CheckpointStorage) {
    this.#storage = storage;
  }

  /** Opens the stored album. Pictures whose file is gone are left out, files that no picture has are removed. */
  static async open(storage: CheckpointStorage): Promise<Album> {
    const album = new Album(storage);
    const names = new Set(await storage.list());
    const index = names.has(INDEX)
      ? (JSON.parse(new TextDecoder().decode(await storage.read(INDEX))) as Index)
      : { classNames: [], pictures: [] };
    const listed = new Set(index.pictures.map(({ id }) => fileOf(id)));
    const orphans = [...names].filter((name) => name.startsWith(fileOf("")) && !listed.has(name));
    await inTurns(orphans, (name) => storage.remove(name)); // of a tab that was closed while it added or removed
    const present = index.pictures.filter(({ id }) => names.has(fileOf(id)));
    album.#classNames = [...index.classNames];
    await inTurns(present, async ({ id, className, width, height }, place) => {
      const data = await storage.read(fileOf(id));
      if (data.length === width * height * 3)
        album.#pictures[place] = { id, className, image: { data, width, height } };
    });
    album.#pictures = album.#pictures.filter(() => true); // without the holes
    return album;
  }

  get pictures(): readonly KeptPicture[] {
    return this.#pictures;
  }

  get classNames(): readonly string[] {
    return this.#classNames;
  }

  get classes(): ClassOfProject[] {
    const counts = new Map(this.#classNames.map((name) => [name, 0]));
    for (const { className } of this.#pictures) counts.set(className, counts.get(className)! + 1);
    return [...counts].map(([name, count]) => ({ name, count }));
  }

  /** Sets the names of a project without pictures, such as one from a file. */
  async setClasses(names: readonly string[]): Promise<void> {
    this.#classNames = [...names];
    await this.#save();
  }

  /** @throws Error if there is a class of that name. */
  async addClass(name: string): Promise<void> {
    this.#classNames.push(this.#newName(name));
    await this.#save();
  }

  /** @throws Error if there is no such class, or another one of that name. */
  async renameClass(from: string, to: string): Promise<void> {
    const place = this.#placeOf(from);
    if (to.trim() === from) return;
    const name = this.#newName(to);
    this.#classNames[place] = name;
    this.#pictures = this.#pictures.map((one) =>
      one.className === from ? { ...one, className: name } : one,
    );
    await this.#save();
  }

  async removeClass(name: string): Promise<void> {
    this.#classNames.splice(this.#placeOf(name), 1);
    await this.remove(this.#pictures.filter(({ className }) => className === name).map(({ id }) => id));
  }

  /**
   * Adds a picture; its class is made where it does not exist. Call {@link flush} after the last one.
   *
   * @returns The picture, and a promise of its file: what cannot be stored leaves the album again. `undefined` if its pixels are
   * in the album already.
   */
  async add(className: string, image: ByteImage): Promise<AddedPicture | undefined> {
    const id = await pictureId(image);
    if (this.#pictures.some((one) => one.id === id)) return undefined;
    const name = className.trim();
    if (!this.#classNames.includes(name)) this.#classNames.push(this.#newName(name));
    const picture = { id, className: name, image };
    this.#pictures.push(picture);
    const stored = this.#storage.write(fileOf(id), Uint8Array.from(image.data)).catch((error: unknown) => {
      this.#pictures = this.#pictures.filter((one) => one !== picture);
      throw error;
    });
    return { picture, stored };
  }

  async remove(ids: readonly string[]): Promise<void> {
    const gone = new Set(ids);
    this.#pictures = this.#pictures.filter(({ id }) => !gone.has(id));
    await this.#save(); // first: a file without an entry is harmless
    await inTurns(ids, (id) => this.#storage.remove(fileOf(id)));
  }

  async clear(): Promise<void> {
    this.#classNames = [];
    await this.remove(this.#pictures.map(({ id }) => id));
  }

  /** Stores which pictures there are. */
  flush(): Promise<void> {
    return this.#save();
  }

  #placeOf(name: string): number {
    const place = this.#classNames.indexOf(name);
    if (place < 0) throw new Error(`There is no class '${name}'.`);
    return place;
  }

  #newName(name: string): string {
    const trimmed = name.trim();
    if (trimmed === "") throw new Error("A class needs a name.");
    if (this.#classNames.includes(trimmed)) throw new Error(`There is a class '${trimmed}' already.`);
    return trimmed;
  }

  async #save(): Promise<void> {
    const index: Index = {
      classNames: this.#classNames,
      pictures: this.#pictures.map(({ id, className, image: { width, height } }) => ({
        ...{ id, className, width, height },
      })),
    };
    await this.#storage.write(INDEX, new TextEncoder().encode(JSON.stringify(index)));
  }
}

/** Calls a function for each item, a few at a time. */
async function inTurns<T>(
  items: readonly T[],
  work: (item: T, place: number) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < items.length; first += AT_ONCE)
    await Promise.all(items.slice(first, first + AT_ONCE).map((item, i) => work(item, first + i)));
}
