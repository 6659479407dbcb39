import { attentionTargets, writeAttention } from "../attention/attention-files.ts";
import { newestRun } from "../models/newest-run.ts";
import { openModel } from "../models/open-model.ts";
import { BadPhoto, requireNone } from "../photos/bad-photo.ts";
import { findPhotos, leftOutLines } from "../photos/find-photos.ts";
import { startChosenBackend } from "../process/chosen-backend.ts";
import { resolveDataSettings } from "../settings/resolve-settings.ts";
import { fetchModel } from "../weights/hub-model.ts";
import type { Command } from "./command.ts";
import { MODEL_OPTIONS } from "./predict.ts";

export const attention: Command = {
  name: "attention",
  what: "Draw the attention of a model's class tokens over photos (attention rollout)",
  argument: { name: "photos", many: true },
  options: ["attention", ...MODEL_OPTIONS],
  examples: ["attention photo.jpg", "attention photos/ --attention drawn --model runs/demo"],
  run: async ({ args, edits, use, output, signal }) => {
    const { run, data } = resolveDataSettings(edits);
    const { attention: target = "attention", model = newestRun(run.out) } = use;
    const photos = await findPhotos(args);
    const { files } = photos;
    output.write(leftOutLines(photos));
    const errors: string[] = [];
    const targets = await attentionTargets(files, target);
    await startChosenBackend(run);
    const found = await fetchModel("--model", model, output, signal ? { signal } : {});
    const opened = await openModel(found, use);
    for (const [i, file] of files.entries()) {
      signal?.throwIfAborted();
      try {
        await writeAttention(opened, file, targets[i]!, data);
        output.write(`${targets[i]}\n`);
      } catch (error) {
        if (!(error instanceof BadPhoto)) throw error;
        errors.push(error.message);
        output.write(`${error.message}\n`);
      }
    }
    requireNone(errors, files.length);
  },
};
