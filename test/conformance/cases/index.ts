import type { Case } from "../case.ts";
import { bitTeacher } from "./bit-teacher.ts";
import { distillTrainer } from "./distill-trainer.ts";
import { layers } from "./layers.ts";
import { models } from "./models.ts";
import { vitParts } from "./parts.ts";
import { tfjsOps } from "./tfjs-ops.ts";
import { tfjsOptim } from "./tfjs-optim.ts";
import { trainingStep } from "./training-step.ts";
import { vitBlocks } from "./vit-blocks.ts";

/** Ops, layers, models, losses and a training step, which all backends compute. */
export const CASES: readonly Case[] = [
  ...tfjsOps,
  ...vitBlocks,
  ...layers,
  ...vitParts,
  ...models,
  ...bitTeacher,
  ...tfjsOptim,
  ...distillTrainer,
  trainingStep,
];
