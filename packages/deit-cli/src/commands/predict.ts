import { startBackend } from "tfjs-backends";
import { attentionTargets, writeAttention } from "../attention/attention-files.ts";
import { newestRun } from "../models/newest-run.ts";
import { openModel } from "../models/open-model.ts";
import type { OptionName } from "../options/option-table.ts";
import { requireNone } from "../photos/bad-photo.ts";
import { findPhotos, leftOutLine } from "../photos/find-photos.ts";
import { recognize } from "../photos/recognize.ts";
import { resolveDataSettings } from "../settings/resolve-settings.ts";
import { probabilityBars } from "../terminal/bars.ts";
import type { Command } from "./command.ts";

/** Options of the commands that show photos to a saved model. */
export const MODEL_OPTIONS: readonly OptionName[] = [
  ...(["model", "out", "pixels", "outputs", "maxPixels", "backend", "verbose", "config"] as const),
];

export const predict: Command = {
  name: "predict",
  what: "Classify photos",
  argument: { name: "photos", many: true },
  options: ["json", "top", "attention", ...MODEL_OPTIONS],
  examples: [
    "predict photo.jpg",
    "predict photos/ 'more/*.jpg' --model runs/demo/student-alone --json",
    "predict photo.jpg --attention looked-at.png",
  ],
  run: async ({ args, edits, use, output, signal }) => {
    const { run, data } = resolveDataSettings(edits);
    const { attention, json, top, model = newestRun(run.out) } = use;
    const photos = await findPhotos(args);
    const { files } = photos;
    if (!json) output.write(leftOutLine(photos));
    const targets = attention === undefined ? undefined : await attentionTargets(files, attention);
    await startBackend(run.backend);
    const opened = await openModel(model, use);
    const all: object[] = [];
    const errors: string[] = [];
    let index = 0;
    for await (const one of recognize(opened, files, data)) {
      signal?.throwIfAborted();
      if ("error" in one) {
        index += 1;
        errors.push(one.error);
        if (json) all.push(one);
        else output.write(`${one.error}\n`);
        continue;
      }
      const { file, classes } = one;
      if (targets !== undefined) await writeAttention(opened, file, targets[index]!, data);
      const drawn = targets === undefined ? {} : { attention: targets[index]! };
      index += 1;
      if (json) all.push({ file, classes, ...drawn });
      else output.write(`${probabilityBars(file, classes.slice(0, top))}\n`);
    }
    const { leftOut } = photos;
    if (json) output.write(`${JSON.stringify({ model: opened.path, photos: all, leftOut }, null, 2)}\n`);
    else if (targets !== undefined) output.write(`attention: ${attention}\n`);
    requireNone(errors, files.length);
  },
};
