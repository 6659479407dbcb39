import { batch, computed, effect, signal, untracked } from "@preact/signals";
import * as Comlink from "comlink";
import type { Added, NewPicture, Picture, Project, Settings } from "../../session/types.ts";
import { announce } from "./announce.ts";
import { cameraUser, closeCamera } from "./camera.ts";
import { attempt, type Place, report } from "./problems.ts";
import { session } from "./session.ts";

const EMPTY: Project = {
  classes: [],
  settings: { start: "nothing", teaching: "features", imageSize: 64, epochs: 20, teacherEpochs: 10, seed: 1 },
  training: { kind: "none" },
};

/** The project as the Worker keeps it. */
export const project = signal<Project>(EMPTY);

/** All pictures of the project, in the order in which they were added. */
const pictures = signal<readonly Picture[]>([]);

/** Pictures by class. */
export const picturesOf = computed(() => {
  const byClass = new Map<string, Picture[]>();
  for (const picture of pictures.value) {
    const those = byClass.get(picture.className);
    if (those === undefined) byClass.set(picture.className, [picture]);
    else those.push(picture);
  }
  return byClass;
});

/** Pictures that are being added: how many of how many. */
export const adding = signal<{ readonly done: number; readonly of: number } | undefined>();

/** Files that the last addition refused, and why. */
export const refused = signal<Added["refused"]>([]);

/** Number of pictures as the project counts them. */
export const total = computed(() => project.value.classes.reduce((sum, { count }) => sum + count, 0));

/** Notes on what was left out before the last addition. */
export const leftOut = signal<readonly string[]>([]);

/**
 * Adds pictures to the project; what failed is said at the place. `quietly`: no progress, for few at a time. `notes`: what was left out
 * before.
 */
export async function addPictures(
  news: readonly NewPicture[],
  place: Place = "pictures",
  { quietly = false, notes = [] as readonly string[] } = {},
): Promise<void> {
  if (news.length === 0) return;
  leftOut.value = notes;
  keepForGood();
  const bitmaps = news.map(({ picture }) => picture).filter((picture) => picture instanceof ImageBitmap);
  const sent = Comlink.transfer([...news], bitmaps);
  if (!quietly) return addWith(news.length, place, (onProgress) => session.addPictures(sent, onProgress));
  const added = await attempt(place, () => session.addPictures(sent));
  if (added !== undefined) take(added);
}

/** Adds drawn flowers of five classes. */
export async function addDrawnFlowers(count: number): Promise<void> {
  keepForGood();
  await addWith(count, "pictures", (onProgress) => session.addDrawnFlowers(count, onProgress));
}

async function addWith(
  of: number,
  place: Place,
  add: (onProgress: (done: number) => void) => Promise<Added>,
): Promise<void> {
  adding.value = { done: 0, of };
  refused.value = [];
  const onProgress = Comlink.proxy((done: number) => {
    if (adding.value !== undefined) adding.value = { done, of };
  });
  const added = await attempt(place, () => add(onProgress));
  adding.value = undefined;
  if (added === undefined) return;
  take(added);
  refused.value = added.refused;
  announce(`${added.pictures.length} pictures added.`);
}

function take(added: Added): void {
  project.value = added.project;
  pictures.value = [...pictures.value, ...added.pictures];
}

/** Class that was just made and has no name of its own yet: its card takes the focus. */
export const toBeNamed = signal<string | undefined>();

/** Adds a class without pictures. */
export async function addClass(name: string): Promise<void> {
  const changed = await attempt("pictures", () => session.addClass(name));
  if (changed === undefined) return;
  toBeNamed.value = name;
  project.value = changed;
}

/** Renames a class. Resolves to whether it has the new name. */
export async function renameClass(from: string, to: string): Promise<boolean> {
  const changed = await attempt(`class:${from}`, () => session.renameClass(from, to));
  if (changed === undefined) return false;
  batch(() => {
    if (cameraUser.value === `class:${from}`) cameraUser.value = `class:${to}`;
    pictures.value = pictures.value.map((picture) =>
      picture.className === from ? { ...picture, className: to } : picture,
    );
    project.value = changed;
  });
  return true;
}

/** Removes a class with its pictures. */
export async function removeClass(name: string): Promise<void> {
  const changed = await attempt(`class:${name}`, () => session.removeClass(name));
  if (changed === undefined) return;
  drop((picture) => picture.className === name);
  project.value = changed;
  announce(`Class ${name} removed.`);
}

/** Removes one picture. */
export async function removePicture({ id, className }: Picture): Promise<void> {
  const changed = await attempt(`class:${className}`, () => session.removePictures([id]));
  if (changed === undefined) return;
  drop((picture) => picture.id === id);
  project.value = changed;
}

let settingsChanges = 0;

/** Changes settings. */
export async function changeSettings(change: Partial<Settings>): Promise<void> {
  settingsChanges += 1;
  const mine = settingsChanges;
  const settings = { ...project.value.settings, ...change };
  project.value = { ...project.value, settings }; // seen at once
  const changed = await attempt("settings", () => session.setSettings(settings));
  // The answer to an earlier change must not take back a later one.
  if (changed !== undefined && mine === settingsChanges) project.value = changed;
}

/** Forgets everything. */
export async function clear(): Promise<void> {
  const changed = await attempt("pictures", () => session.clear());
  if (changed === undefined) return;
  drop(() => true);
  refused.value = [];
  leftOut.value = [];
  project.value = changed;
}

/** Shows the pictures of the project. */
export async function loadPictures(): Promise<void> {
  try {
    pictures.value = await session.pictures();
  } catch (error) {
    report("pictures", error);
  }
}

// A class that is gone does not keep the webcam, which nobody would see.
effect(() => {
  const user = cameraUser.value;
  if (user === undefined || user === "look") return;
  if (!project.value.classes.some(({ name }) => user === `class:${name}`)) untracked(closeCamera);
});

function drop(goes: (picture: Picture) => boolean): void {
  for (const picture of pictures.value) if (goes(picture)) picture.thumbnail.close();
  pictures.value = pictures.value.filter((picture) => !goes(picture));
}

/** Asks the browser not to delete the project when its disk is full; a Worker cannot ask. Refusal changes nothing. */
function keepForGood(): void {
  navigator.storage?.persist?.().catch(() => {});
}
