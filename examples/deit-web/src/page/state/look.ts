import { computed, effect, signal, untracked } from "@preact/signals";
import * as Comlink from "comlink";
import type { Look, PatchEffects } from "../../session/types.ts";
import { attempt, dismiss } from "./problems.ts";
import { project } from "./project.ts";
import { session } from "./session.ts";
import { epochsSeen, hasModel, isRunning } from "./training.ts";

/** The picture that is looked at, until the next one. */
export const chosen = signal<{ readonly picture: Blob | ImageBitmap; readonly name: string } | undefined>();

/** What the models see in it. */
export const seen = signal<Look | undefined>();

/** Which patches decide; `undefined` until it was asked for. */
export const effects = signal<PatchEffects | undefined>();

/** Whether the Worker looks for the patches that decide, and how many it has covered of all. */
export const findingEffects = signal(false);
export const coveredPatches = signal<readonly [done: number, of: number] | undefined>();

/** Number of blocks that the attention map goes through; `undefined` for all. */
export const blocks = signal<number | undefined>();

/** Opacity of the maps over the picture, in [0, 1]. */
export const opacity = signal(0.65);

/** Name of a frame of the webcam. */
const WEBCAM = "webcam";

let asked = 0;

/** Looks at a picture. The newest one wins if another one is still being looked at. */
export async function lookAt(picture: Blob | ImageBitmap, name: string): Promise<void> {
  const before = chosen.value;
  const mine = { picture, name };
  chosen.value = mine;
  effects.value = undefined;
  // What cannot be looked at does not take the place of what is shown.
  if (!(await lookAgain()) && chosen.value === mine) chosen.value = before;
}

/** Looks at the picture again, by the models of now. Resolves to whether nothing failed. */
async function lookAgain(): Promise<boolean> {
  if (chosen.value === undefined || !hasModel.peek()) return true;
  asked += 1;
  const mine = asked;
  const found = await attempt("look", () => session.look(chosen.value!.picture));
  if (mine === asked && found !== undefined) seen.value = found;
  return found !== undefined;
}

/** Looks at the picture by other models, or by the same ones with other names for the classes. */
export function lookAnew(): void {
  effects.value = undefined;
  void lookAgain();
}

/** Shows what the models see in a frame of the webcam. Resolves to whether there was an answer. */
export async function lookAtFrame(frame: ImageBitmap): Promise<boolean> {
  const before = chosen.peek();
  chosen.value = { picture: frame, name: WEBCAM };
  effects.value = undefined;
  if (before?.name === WEBCAM && before.picture instanceof ImageBitmap) before.picture.close();
  const found = await attempt("look", () => session.look(frame));
  if (found !== undefined) seen.value = found;
  return found !== undefined;
}

/** Finds which patches of the picture decide. */
export async function findEffects(): Promise<void> {
  const looked = chosen.value;
  if (looked === undefined) return;
  findingEffects.value = true;
  const told = Comlink.proxy((done: number, of: number) => {
    coveredPatches.value = [done, of];
  });
  const found = await attempt("look", () => session.patchEffects(looked.picture, told));
  findingEffects.value = false;
  coveredPatches.value = undefined;
  if (chosen.value === looked) effects.value = found;
}

/** Forgets what was seen, when the models are gone. */
function forgetLook(): void {
  seen.value = undefined;
  effects.value = undefined;
  blocks.value = undefined;
  dismiss("look");
}

// The picture shows what the student has learned so far: after each epoch, and at the end.
effect(() => {
  void epochsSeen.value;
  void isRunning.value;
  untracked(() => void lookAgain());
});
const classNames = computed(() => JSON.stringify(project.value.classes.map(({ name }) => name)));
effect(() => {
  void classNames.value;
  untracked(lookAnew);
});
effect(() => {
  if (!hasModel.value) untracked(forgetLook);
});
