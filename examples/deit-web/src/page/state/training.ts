import { computed, signal } from "@preact/signals";
import * as Comlink from "comlink";
import type { Project, Role, TrainingEvent } from "../../session/types.ts";
import { percent } from "../ui/plain.ts";
import { announce } from "./announce.ts";
import { cameraUser, closeCamera } from "./camera.ts";
import { addEpoch, addStep, beginCurves, endCurves, lastPoints, showCurves } from "./curves.ts";
import { attempt } from "./problems.ts";
import { project } from "./project.ts";
import { session } from "./session.ts";

/** A training that runs. */
export interface Running {
  /** The model that learns; `undefined` until the first one begins. */
  readonly role: Role | undefined;
  readonly step: number;
  readonly steps: number;
  readonly epochs: number;
  readonly imagesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
  /** Step that the training would go on from if the tab were closed now. */
  readonly saved: number | undefined;
  readonly stopping: boolean;
}

const PREPARING: Running = {
  role: undefined,
  step: 0,
  steps: 0,
  epochs: 0,
  imagesPerSecond: undefined,
  secondsLeft: undefined,
  saved: undefined,
  stopping: false,
};

/** How often figures and curves are shown anew, milliseconds: enough to see, too seldom to cost frames. */
const SHOWN_EVERY = 200;

/** The training that runs, `undefined` while none does. */
export const running = signal<Running | undefined>();

/** Whether a training runs. */
export const isRunning = computed(() => running.value !== undefined);

/** What the last training wants people to know. */
export const notes = signal<readonly string[]>([]);

/** Counts epochs that ended while the page is open, so that others can look again. */
export const epochsSeen = signal(0);

/** Whether there is a model to look with. */
export const hasModel = computed(() => {
  if (running.value !== undefined) return running.value.step > 0 || project.value.training.kind !== "none";
  return project.value.training.kind !== "none";
});

/** Why a training cannot start; `undefined` if it can. */
export const missing = computed<string | undefined>(() => {
  const withPictures = project.value.classes.filter(({ count }) => count > 0);
  if (withPictures.length === 0) return "Add pictures first.";
  if (withPictures.length === 1)
    return "Add pictures of a second class: there must be something to tell apart.";
  return undefined;
});

let next: Running = PREPARING;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Trains, or goes on, until it is done or stopped. */
export async function train(): Promise<void> {
  if (cameraUser.value !== "look") closeCamera(); // no picture is added while it learns
  next = PREPARING;
  running.value = next;
  notes.value = [];
  const after = await attempt("training", () => session.train(Comlink.proxy(take)));
  clearTimeout(timer);
  timer = undefined;
  project.value = after ?? (await projectNow());
  running.value = undefined;
  endCurves();
  if (after !== undefined) announce(after.training.kind === "done" ? "Done. It has learned." : "Stopped.");
}

/** The project after a training that failed: what was saved before is still there. */
async function projectNow(): Promise<Project> {
  const { settings } = project.value;
  try {
    return await session.setSettings(settings);
  } catch {
    return project.value;
  }
}

/** Stops after the current step. */
export async function stop(): Promise<void> {
  change({ stopping: true });
  show();
  await attempt("training", () => session.stop());
}

/** Forgets what was learned. */
export async function forgetTraining(): Promise<boolean> {
  const changed = await attempt("training", () => session.forgetTraining());
  if (changed === undefined) return false;
  project.value = changed;
  notes.value = [];
  return true;
}

function take(event: TrainingEvent): void {
  switch (event.kind) {
    case "begin":
      beginCurves(event.curves);
      change({ role: event.role, step: event.step, steps: event.steps, epochs: event.epochs });
      change({ imagesPerSecond: undefined, secondsLeft: undefined, saved: undefined });
      announce(`The ${event.role} learns.`);
      show();
      break;
    case "step":
      addStep(event.point);
      change({
        step: event.point.step,
        imagesPerSecond: event.imagesPerSecond,
        secondsLeft: event.secondsLeft,
      });
      break;
    case "epoch":
      addEpoch(event.point);
      epochsSeen.value += 1;
      announceEpoch(event.point.role);
      break;
    case "saved":
      change({ saved: event.step });
      break;
    case "note":
      notes.value = [...notes.value, event.text];
      break;
  }
  timer ??= setTimeout(show, SHOWN_EVERY);
}

function change(what: Partial<Running>): void {
  next = { ...next, ...what };
}

function show(): void {
  clearTimeout(timer);
  timer = undefined;
  if (running.value === undefined) return;
  running.value = next;
  showCurves();
}

/** Speaks of a tenth of the epochs only. */
function announceEpoch(role: Role): void {
  const { epoch } = lastPoints(role);
  if (epoch === undefined || epoch.epoch % Math.ceil(next.epochs / 10) !== 0) return;
  const accuracy = epoch.heldOutAccuracy ?? epoch.accuracy;
  announce(`The ${role} after ${epoch.epoch} of ${next.epochs} epochs: ${percent(accuracy)} right.`);
}
