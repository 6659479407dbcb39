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
    ...(["labelsFile", "nestedClasses", "valData", "valSplit"] as const),
    ...(["sheet", "perClass", "json", "verbose", "config"] as const),
  ],
  examples: [
    "data --sheet flowers.png",
    "data --download --sheet flowers.html",
    "data --data photos/ --json",
    "data --data photos/ --labels 10% --unlabeled more-photos/",
    "data --data photos/ --labels-file labels.csv --val-split 0.2",
  ],
  run: async ({ edits, use: { json, sheet, perClass }, output, signal }) => {
    if (sheet !== undefined) await requireSheetPath(sheet);
    const settings = resolveDataSettings(edits);
    const { train, labeled, validation, test, classNames, description, layout, notes } = await openData(
      settings,
      json ? { write: () => {} } : output,
      signal,
    );
    const [training, heldOut, last] = [train, validation, test].map((store) => store && classCounts(store));
    const classes = classNames.map((name, label) => ({
      name,
      training: training![label]!,
      heldOut: heldOut![label]!,
      ...(last && { test: last[label]! }),
    }));
    if (sheet !== undefined)
      await writeContactSheet(labeled, sheet, { perClass, ...pictureRules(settings.data) });
    if (json) {
      const drawn = sheet !== undefined && { sheet };
      const unlabeled = train.size - labeled.size;
      output.write(
        `${JSON.stringify({ description, layout, classes, unlabeled, notes, ...drawn }, null, 2)}\n`,
      );
      return;
    }
    const rows = classes.map(({ name, ...counts }) => [name, ...Object.values(counts).map(String)]);
    const columns = ["class", "training", "held out", ...(test ? ["test"] : [])];
    output.write(`${description}\n\n${formatTable(columns, rows)}\n`);
    if (sheet !== undefined)
      output.write(`\ncontact sheet: ${resolve(sheet)} (rows: ${classNames.join(", ")})\n`);
  },
};
