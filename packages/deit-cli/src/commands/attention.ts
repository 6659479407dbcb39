import { startBackend } from "tfjs-backends";
import { attentionTargets, writeAttention } from "../attention/attention-files.ts";
import { openModel } from "../models/open-model.ts";
import { MODEL_OPTIONS, modelSettings } from "../options/model-settings.ts";
import { BadPhoto, requireNone } from "../photos/bad-photo.ts";
import { findPhotos, leftOutLine } from "../photos/find-photos.ts";
import type { Command } from "./command.ts";

export const attention: Command = {
  name: "attention",
  what: "Draw what the model's class tokens look at in photos (attention rollout)",
  argument: { name: "photos", many: true },
  options: ["attention", ...MODEL_OPTIONS],
  examples: ["attention photo.jpg", "attention photos/ --attention drawn --model runs/demo"],
  run: async ({ args, options, output, signal }) => {
    const { attention: target = "attention", backend, model, ...use } = modelSettings(options);
    const photos = await findPhotos(args);
    const { files } = photos;
    output.write(leftOutLine(photos));
    const errors: string[] = [];
    const targets = await attentionTargets(files, target);
    await startBackend(backend);
    const opened = await openModel(model, use);
    for (const [i, file] of files.entries()) {
      signal?.throwIfAborted();
      try {
        await writeAttention(opened, file, targets[i]!, use);
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
