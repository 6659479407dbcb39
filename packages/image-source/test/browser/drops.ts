// A page that takes drops: what `droppedPictures` finds, as far as it can be sent.
import { type Dropped, droppedPictures } from "image-source/browser";
import { fromBase64 } from "./sent.ts";

/** What was found. */
export interface Summary {
  readonly classNames: readonly string[];
  /** Path, class or none, and bytes of each picture. */
  readonly pictures: readonly (readonly [path: string, className: string | null, size: number])[];
  readonly notes: readonly string[];
  readonly error?: string;
}

/** Functions that a test calls in the page: `page.evaluate` finds them by these names. */
export interface Drops {
  /** What is dropped on the page next. */
  nextDrop(): Promise<Summary>;
  /** What the first `<input>` has. */
  ofInput(): Promise<Summary>;
  /** Files by their paths in a folder of the origin's private file system; as base64. */
  ofPrivateFolder(name: string, files: Readonly<Record<string, string>>): Promise<Summary>;
  /** A transfer as a script makes it, of files and texts. */
  ofTransfer(files: Readonly<Record<string, string>>, texts: readonly string[]): Promise<Summary>;
  ofFiles(names: readonly string[]): Promise<Summary>;
}

function summary(input: Dropped): Promise<Summary> {
  return droppedPictures(input).then(
    ({ classNames, pictures, notes }) => ({
      classNames,
      pictures: pictures.map(({ path, className = null, file }) => [path, className, file.size] as const),
      notes: notes.map(({ text }) => text),
    }),
    (error: Error) => ({ classNames: [], pictures: [], notes: [], error: error.message }),
  );
}

async function ofPrivateFolder(name: string, files: Readonly<Record<string, string>>): Promise<Summary> {
  const root = await navigator.storage.getDirectory();
  const top = name === "" ? root : await root.getDirectoryHandle(name, { create: true });
  for (const [path, base64] of Object.entries(files)) {
    const parts = path.split("/");
    let folder = top;
    for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create: true });
    const last = parts.at(-1)!;
    if (last === "") continue; // `a/`: an empty folder
    const writable = await (await folder.getFileHandle(last, { create: true })).createWritable();
    await writable.write(fromBase64(base64));
    await writable.close();
  }
  return summary(top);
}

const drops: Drops = {
  nextDrop: () =>
    new Promise((resolve) => {
      document.body.ondragover = (event) => event.preventDefault();
      document.body.ondrop = (event) => {
        event.preventDefault();
        resolve(summary(event.dataTransfer!));
      };
    }),
  ofInput: () => summary(document.querySelector("input")!.files!),
  ofPrivateFolder,
  async ofTransfer(files, texts) {
    const transfer = new DataTransfer();
    for (const [name, base64] of Object.entries(files)) {
      transfer.items.add(new File([fromBase64(base64)], name));
    }
    for (const text of texts) transfer.items.add(text, "text/plain");
    return summary(transfer);
  },
  ofFiles: (names) => summary(names.map((name) => new File(["x"], name))),
};
Object.assign(globalThis, drops);
