import { signal } from "@preact/signals";
import { droppedPictures } from "image-source/browser";

import { lookAt } from "./look.ts";
import { attempt, report } from "./problems.ts";
import { addPictures, project, toBeNamed } from "./project.ts";
import { bringBack } from "./take-away.ts";
import { isRunning } from "./training.ts";

/** Where dropped files go: a class, a new class, the look, or anywhere else on the page. */
export type DropTarget = `class:${string}` | "new" | "look" | "page";

/** Where files would go that are dragged over the page; `undefined` while none are. */
export const dropTarget = signal<DropTarget | undefined>();

/** Takes files that are dropped anywhere on the page. */
export function takeDrops(): void {
  let depth = 0; // enters minus leaves: elements inside elements have both
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
  addEventListener("dragenter", (event) => {
    if (hasFiles(event)) depth += 1;
  });
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    dropTarget.value = targetOf(event);
  });
  addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth -= 1;
    if (depth <= 0) dropTarget.value = undefined;
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    dropTarget.value = undefined;
    void takeDrop(event.dataTransfer!, targetOf(event));
  });
}

function targetOf(event: DragEvent): DropTarget {
  const element = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-drop]") : null;
  return (element?.dataset.drop as DropTarget | undefined) ?? "page";
}

async function takeDrop(dropped: DataTransfer, target: DropTarget): Promise<void> {
  const { files } = dropped;
  const zip = [...files].find(({ name }) => /\.zip$/i.test(name));
  if (zip !== undefined && files.length > 1)
    return report(
      "pictures",
      new Error("A student’s zip file is opened alone: drop it without other files."),
    );
  if (zip !== undefined) return bringBack(zip);
  if (target === "look") {
    const picture = files[0];
    if (picture !== undefined) await lookAt(picture, picture.name);
    return;
  }
  await addFiles(dropped, target);
}

/** Adds chosen or dropped files. Folders are classes; other pictures go to the target's class, else to a new one. */
export async function addFiles(from: DataTransfer | FileList, target: DropTarget): Promise<void> {
  const place = target.startsWith("class:") ? (target as `class:${string}`) : "pictures";
  const className = target.startsWith("class:") ? target.slice("class:".length) : undefined;
  await attempt(place, async () => {
    const { pictures, notes } = await droppedPictures(from);
    if (isRunning.value)
      throw new Error("It learns from the pictures as they are. Stop it, then add pictures.");
    if (pictures.length === 0) throw new Error("There are no pictures in it.");
    const other = freeName();
    const news = pictures.map((one) => ({
      ...{ className: className ?? one.className ?? other, name: one.file.name, picture: one.file },
    }));
    if (news.some((one) => one.className === other)) toBeNamed.value = other;
    await addPictures(news, place, { notes: notes.map(({ text }) => text) });
  });
}

/** `Class 3`, or the first such name that no class has. */
export function freeName(): string {
  const taken = new Set(project.value.classes.map(({ name }) => name));
  for (let number = taken.size + 1; ; number += 1) {
    if (!taken.has(`Class ${number}`)) return `Class ${number}`;
  }
}
