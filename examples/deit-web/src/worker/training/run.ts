import type * as tfl from "@tensorflow/tfjs-layers";
import { loadWeights } from "deit-model";
import { FeatureHints, recipeHints, recipeStep } from "distill-trainer";
import { ADAMW_SEMANTICS, AdamW, cosine, timmNoDecay } from "tfjs-optim";
import { batchesPerEpoch, type DataSource } from "train-loop";
import type { ModelFigures, Role, Settings } from "../../session/types.ts";
import { modelBytes } from "../models/model-file.ts";
import { buildModel } from "../models/models.ts";
import { publishedWeights } from "../models/published.ts";
import { batchSizeFor, recipeOf } from "../models/recipe.ts";
import type { Stores } from "../project/stored.ts";
import type { TrainingData } from "./data.ts";
import type { ReplicaData } from "./replica.ts";
import { type Stage, type StageEvents, trainStage } from "./stage.ts";
import { studentTask, teacherOf, teacherTask } from "./task.ts";

/** Highest learning rate and weight decay of the teacher. */
const TEACHER = { learningRate: 3e-3, weightDecay: 0.05 } as const;

/** What both models of a training share. */
export interface Run {
  readonly settings: Settings;
  readonly classNames: readonly string[];
  readonly data: TrainingData;
  /** Digest of the pictures. */
  readonly pictures: string;
  readonly stores: Stores;
  readonly base: string;
  /** Workers that compute together. */
  readonly workers: number;
  readonly signal: AbortSignal;
}

/** A trained model. */
export interface TrainedModel {
  readonly model: tfl.LayersModel;
  readonly figures: ModelFigures;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Called with a model as its training begins: it may be looked at meanwhile. */
export type OnModel = (role: Role, model: tfl.LayersModel) => void;

/** Trains the teacher: a small residual network, on the same pictures. */
export async function trainTeacher(run: Run, events: StageEvents, onModel: OnModel): Promise<TrainedModel> {
  const { settings, classNames, data } = run;
  const model = buildModel("teacher", settings, classNames.length);
  onModel("teacher", model);
  const source = data.train(batchSizeFor(data.size));
  const epochs = settings.teacherEpochs;
  const steps = batchesPerEpoch(source);
  const [totalSteps, warmupSteps] = [steps * epochs, Math.min(steps, steps * epochs - 1)];
  const optimizer = new AdamW({
    ...ADAMW_SEMANTICS.torch,
    learningRate: cosine({ base: TEACHER.learningRate, totalSteps, warmupSteps }),
    weightDecay: TEACHER.weightDecay,
    excludeFromDecay: timmNoDecay(model),
  });
  const replica = { role: "teacher", recipe: recipeOf(settings, data.size) } as const;
  const stage = stageOf(run, { ...replica, teacher: undefined, hints: undefined });
  try {
    const task = teacherTask(model);
    const accuracy = await trainStage({ ...stage, task, step: { optimizer }, source, epochs }, events);
    return await judged("teacher", model, data.heldOut, accuracy);
  } finally {
    optimizer.dispose();
  }
}

/** Trains the student, by the teacher if there is one. */
export async function trainStudent(
  run: Run,
  teacher: TrainedModel | undefined,
  events: StageEvents,
  onModel: OnModel,
): Promise<TrainedModel> {
  const { settings, classNames, data } = run;
  const recipe = recipeOf(settings, data.size);
  const model = buildModel("student", settings, classNames.length);
  if (settings.start === "published")
    await loadWeights(model, await publishedWeights(run.base), {
      adapt: ["classes", "distillation", "positions", "extra"],
    });
  onModel("student", model);
  const source = data.train(recipe.batchSize);
  const taught = teacher && teacherOf(teacher.model);
  const hintOptions = taught && (await recipeHints(recipe, taught, source, { seed: settings.seed }));
  const hints = hintOptions && new FeatureHints({ student: model, teacher: taught!, ...hintOptions });
  const { optimizer, ...step } = recipeStep(recipe, model, source, hints ? { hints } : {});
  const stage = stageOf(run, { role: "student", recipe, teacher: teacher?.bytes, hints: hintOptions });
  try {
    const task = studentTask(model, recipe, taught, hints);
    const { epochs } = recipe;
    const accuracy = await trainStage(
      { ...stage, task, step: { optimizer, ...step }, source, epochs },
      events,
    );
    return await judged("student", model, data.heldOut, accuracy);
  } finally {
    optimizer.dispose();
    hints?.dispose();
  }
}

type Shared = Pick<Stage, "role" | "heldOut" | "storage" | "settings" | "replicas" | "signal">;

function stageOf(run: Run, data: Omit<ReplicaData, "settings" | "classes">): Shared {
  const { settings, classNames, pictures, stores, workers, signal } = run;
  const replica: ReplicaData = { ...data, settings, classes: classNames.length };
  return {
    ...{ role: data.role, heldOut: run.data.heldOut, storage: stores.checkpoints[data.role], signal },
    settings: { ...settings, pictures, classes: classNames.length },
    replicas: workers > 1 ? { replicas: workers, setup: { worker: startReplica, data: replica } } : {},
  };
}

/** Starts this Worker's own script in another role: it is in the browser's cache. */
function startReplica(): Worker {
  return new Worker(self.location.href, { type: "module", name: JSON.stringify({ role: "replica" }) });
}

async function judged(
  role: Role,
  model: tfl.LayersModel,
  heldOut: DataSource | undefined,
  accuracy = 0,
): Promise<TrainedModel> {
  const of = heldOut?.size ?? 0;
  const figures = { role, params: model.countParams(), right: Math.round(accuracy * of), of };
  return { model, figures, bytes: await modelBytes(model) };
}
