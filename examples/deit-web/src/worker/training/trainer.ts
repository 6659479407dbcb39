import type * as tfl from "@tensorflow/tfjs-layers";
import type { Project, Role, TrainingEvent } from "../../session/types.ts";
import type { Album } from "../project/album.ts";
import { empty, type Stores } from "../project/stored.ts";
import { type ProjectRecord, type TrainingRecord, writeRecord } from "../project/training-record.ts";
import { picturesDigest, trainingData } from "./data.ts";
import { follow, RunningCurves } from "./follow.ts";
import { type Run, type TrainedModel, trainStudent, trainTeacher } from "./run.ts";

/** What a training works with. */
export interface TrainerParts {
  readonly album: Album;
  readonly record: ProjectRecord;
  readonly stores: Stores;
  readonly base: string;
  readonly workers: number;
  readonly signal: AbortSignal;
  /** The stored teacher of a training that goes on with the student. */
  readonly teacher: () => Promise<TrainedModel>;
  readonly onModel: (role: Role, model: tfl.LayersModel) => void;
  readonly onRecord: (record: ProjectRecord) => void;
  readonly tell: (event: TrainingEvent) => void;
}

/** File of a trained model. */
export const modelFile = (role: Role): string => `${role}.safetensors`;

/**
 * Trains the teacher, if there is to be one, and the student; goes on where an unfinished training was.
 *
 * A model's file is stored before the record that names it, and its checkpoints are removed after that: whenever the tab is
 * closed, the training goes on from what is stored.
 *
 * @throws Error if the pictures or choices are others than those of the unfinished training. The signal's reason.
 */
export async function train(parts: TrainerParts): Promise<void> {
  const { album, stores, signal, tell, onModel } = parts;
  const { settings } = parts.record;
  const { pictures, classNames } = album;
  const data = trainingData(pictures, classNames, settings);
  const digest = await picturesDigest(pictures, classNames);
  const before = parts.record.training;
  const begun = before?.place === undefined ? undefined : before;
  if (begun === undefined) await Promise.all(Object.values(stores.checkpoints).map(empty));
  else requireSame(begun, parts.record, classNames, digest);

  let training: TrainingRecord = begun ?? {
    ...{ settings, classNames: [...classNames], pictures: digest, models: [] },
    curves: { steps: [], epochs: [] },
    place: { role: settings.teaching === "none" ? "student" : "teacher", step: 0, steps: 0 },
  };
  const running = new RunningCurves(training.curves);
  const save = async (changes: Partial<TrainingRecord> = {}): Promise<void> => {
    training = { ...training, curves: running.curves, ...changes };
    const record = { settings, training };
    parts.onRecord(record);
    await writeRecord(stores.project, record);
  };
  await save();
  const run: Run = { settings, classNames, data, pictures: digest, stores, ...shared(parts) };
  const events = (role: Role, epochs: number) =>
    follow(role, epochs, running, tell, (place) => save({ place }));

  let teacher: TrainedModel | undefined;
  if (settings.teaching !== "none") {
    const isThere = training.models.some(({ role }) => role === "teacher");
    if (isThere) teacher = await parts.teacher();
    else {
      teacher = await trainTeacher(run, events("teacher", settings.teacherEpochs), onModel);
      await stores.project.write(modelFile("teacher"), teacher.bytes);
      await save({ models: [teacher.figures], place: { role: "student", step: 0, steps: 0 } });
      await empty(stores.checkpoints.teacher);
    }
  }
  signal.throwIfAborted();
  const student = await trainStudent(run, teacher, events("student", settings.epochs), onModel);
  await stores.project.write(modelFile("student"), student.bytes);
  const { place: _, ...done } = training;
  training = done;
  await save({ models: [student.figures, ...(teacher ? [teacher.figures] : [])] });
  await empty(stores.checkpoints.student);
}

function shared({ base, workers, signal }: TrainerParts): Pick<Run, "base" | "workers" | "signal"> {
  return { base, workers, signal };
}

function requireSame(
  training: TrainingRecord,
  { settings }: ProjectRecord,
  classNames: readonly string[],
  digest: string,
): void {
  const changed = [
    ...(JSON.stringify(training.settings) === JSON.stringify(settings) ? [] : ["choices"]),
    ...(training.pictures === digest && training.classNames.join("\n") === classNames.join("\n")
      ? []
      : ["pictures"]),
  ];
  if (changed.length > 0)
    throw new Error(
      `The ${changed.join(" and the ")} have changed since the training was stopped: start anew, or undo the change.`,
    );
}

/** The state of a project as the page sees it. */
export function projectOf(album: Album, { settings, training }: ProjectRecord): Project {
  const { classes } = album;
  if (training === undefined) return { classes, settings, training: { kind: "none" } };
  const { curves, models, place } = training;
  if (place === undefined) return { classes, settings, training: { kind: "done", models, curves } };
  return { classes, settings, training: { kind: "unfinished", ...place, curves } };
}
