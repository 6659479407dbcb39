import { basename } from "node:path";
import type { CardAccuracy, CardFacts } from "vit-export";
import { leavesOf } from "../options/edits.ts";
import type { RunResult } from "../runs/run-result.ts";
import { trainingCommand } from "./training-command.ts";
import { withoutFolders } from "./without-folders.ts";

/** What is known of an exported model beside its files. */
export interface Known {
  /** Folder of the model. */
  readonly folder: string;
  /** Record of its run, where there is one. */
  readonly run: RunResult | undefined;
  readonly accuracy: readonly CardAccuracy[];
  readonly license: string | undefined;
  readonly notes: readonly string[];
}

/** The facts of a model's card. */
export function cardOf({ folder, run, accuracy, license, notes }: Known): CardFacts {
  const stage = basename(folder);
  const shared = { accuracy, notes, ...(license !== undefined && { license }) };
  if (run === undefined) return { name: stage, ...shared };
  const { settings, environment, dataDescription, teacherDescription } = run;
  const isTaught = stage !== "student-alone" && teacherDescription !== undefined;
  const leaves = Object.entries(leavesOf({ model: settings.model, recipe: settings.recipe }));
  const initial = settings.model.weights ?? settings.model.selectFrom;
  return {
    name: `${settings.run.name}, ${stage.replaceAll("-", " ")}`,
    summary: `Trained on ${environment.trainingImages.toLocaleString("en")} pictures in TensorFlow.js${isTaught ? ", and distilled" : ""}.`,
    data: [dataDescription, ...(isTaught ? [`The teacher: ${teacherDescription}`] : [])].join("\n\n"),
    recipe: leaves.map(([path, value]) => [
      path,
      typeof value === "string" ? withoutFolders(value) : JSON.stringify(value),
    ]),
    command: trainingCommand(settings),
    ...shared,
    notes: [
      ...notes,
      ...(initial === undefined || stage === "teacher"
        ? []
        : [`It starts from the weights ${basename(initial)}: their license holds too.`]),
    ],
  };
}
