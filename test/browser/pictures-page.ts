// A page that gives files to its Worker, which finds the pictures among them, decodes, splits and trains.
import {
  decodePicture,
  droppedPictures,
  type LabeledPicture,
  pictureSource,
  splitPictures,
} from "image-source/browser";
import { trainPictures, VIEWS } from "./train-pictures.ts";

/** Files by their paths, as base64. */
type Files = Readonly<Record<string, string>>;

if (typeof document === "undefined") {
  globalThis.onmessage = async ({ data }) => {
    const folder = await folderOf(data);
    const { classNames, pictures } = await droppedPictures(folder);
    const decoded = pictures.map(async ({ file, path, className }): Promise<LabeledPicture> => {
      return { key: path, label: classNames.indexOf(className!), image: await decodePicture(file) };
    });
    const { train } = splitPictures(await Promise.all(decoded), { heldOut: 0.2 });
    postMessage(await trainPictures(pictureSource(train, { ...VIEWS, classNames })));
  };
} else {
  Object.assign(globalThis, {
    trainInWorker: (files: Files) =>
      new Promise((resolve, reject) => {
        const worker = new Worker("/page.js", { type: "module" });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(files);
      }),
  });
}

/** A folder of the origin's private file system. */
async function folderOf(files: Files): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  for (const [path, base64] of Object.entries(files)) {
    const [folder, name] = path.split("/") as [string, string];
    const inner = await root.getDirectoryHandle(folder, { create: true });
    const writable = await (await inner.getFileHandle(name, { create: true })).createWritable();
    await writable.write(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
    await writable.close();
  }
  return root;
}
