import { resolve } from "node:path";
import { classCounts } from "image-source";
import { openData } from "../data/open-data.ts";
import { pictureRules } from "../data/picture-rules.ts";
import { requireSheetPath, writeContactSheet } from "../data/write-contact-sheet.ts";
import { resolveDataSettings } from "../settings/resolve-settings.ts";
import { formatTable } from "../terminal/table.ts";
import type { Command } from "./command.ts";

export const data: Command = {
  name: "data",
  what: "Count pictures by class and split, and draw a contact sheet; --download fetches tf_flowers",
  options: [
    ...(["data", "download", "cache", "count", "imageSize", "seed", "maxPixels", "skipBadImages"] as const),
    ...(["heldOut", "dataSeed", "labels", "unlabeled"] as const),
    ...(["sheet", "perClass", "json", "verbose", "config"] as const),
  ],
  examples: [
    "data --sheet flowers.png",
    "data --download --sheet flowers.html",
    "data --data photos/ --json",
    "data --data photos/ --labels 10% --unlabeled more-photos/",
  ],
  run: async ({ edits, use: { json, sheet, perClass }, output, signal }) => {
    if (sheet !== undefined) await requireSheetPath(sheet);
    const settings = resolveDataSettings(edits);
    const { train, labeled, validation, classNames, description, notes } = await openData(
      settings,
      json ? { write: () => {} } : output,
      signal,
    );
    const [training, heldOut] = [classCounts(train), classCounts(validation)];
    const classes = classNames.map((name, label) => ({
      name,
      training: training[label]!,
      heldOut: heldOut[label]!,
    }));
    if (sheet !== undefined)
      await writeContactSheet(labeled, sheet, { perClass, ...pictureRules(settings.data) });
    if (json) {
      const drawn = sheet !== undefined && { sheet };
      const unlabeled = train.size - labeled.size;
      output.write(`${JSON.stringify({ description, classes, unlabeled, notes, ...drawn }, null, 2)}\n`);
      return;
    }
    const rows = classes.map(({ name, training, heldOut }) => [name, `${training}`, `${heldOut}`]);
    output.write(`${description}\n\n${formatTable(["class", "training", "held out"], rows)}\n`);
    if (sheet !== undefined)
      output.write(`\ncontact sheet: ${resolve(sheet)} (rows: ${classNames.join(", ")})\n`);
  },
};
