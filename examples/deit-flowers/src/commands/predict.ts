import { startBackend } from "tfjs-backends";
import { attentionTargets, writeAttention } from "../attention/attention-files.ts";
import { openModel } from "../models/open-model.ts";
import { MODEL_OPTIONS, modelSettings } from "../options/model-settings.ts";
import { findPhotos } from "../photos/find-photos.ts";
import { recognise } from "../photos/recognise.ts";
import { probabilityBars } from "../terminal/bars.ts";
import type { Command } from "./command.ts";

export const predict: Command = {
  name: "predict",
  what: "Say what photos show",
  argument: { name: "photos", many: true },
  options: ["json", "top", "attention", ...MODEL_OPTIONS],
  examples: [
    "predict photo.jpg",
    "predict photos/ 'more/*.jpg' --model runs/demo/student-alone --json",
    "predict photo.jpg --attention looked-at.png",
  ],
  run: async ({ args, options, output, signal }) => {
    const settings = modelSettings(options);
    const files = await findPhotos(args);
    const { attention, json, top } = settings;
    const targets = attention === undefined ? undefined : attentionTargets(files, attention);
    await startBackend(settings.backend);
    const opened = await openModel(settings.model);
    const all: object[] = [];
    let index = 0;
    for await (const { file, classes } of recognise(opened, files)) {
      signal?.throwIfAborted();
      if (targets !== undefined) await writeAttention(opened, file, targets[index]!);
      const drawn = targets === undefined ? {} : { attention: targets[index]! };
      index += 1;
      if (json) all.push({ file, classes, ...drawn });
      else output.write(`${probabilityBars(file, classes.slice(0, top))}\n`);
    }
    if (json) output.write(`${JSON.stringify({ model: opened.path, photos: all }, null, 2)}\n`);
    else if (targets !== undefined) output.write(`what it looks at: ${attention}\n`);
  },
};
