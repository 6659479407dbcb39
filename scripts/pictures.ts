// `npx pnpm@12 run pictures --curves <run> --attention <run>`: draws the pictures of the repository's README from finished runs of
// `deit-cli`: the accuracy by epoch of the first to docs/demo-curves.svg, and the attention of the second's student over its sample
// pictures to docs/attention.jpg. Either may be left out.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { decodeImage } from "image-source/node";
import sharp from "sharp";
import { startBackend } from "tfjs-backends";
import { attentionStrip } from "../packages/deit-cli/src/attention/draw-attention.ts";
import { openModel } from "../packages/deit-cli/src/models/open-model.ts";
import { curvesSvg } from "../packages/deit-cli/src/report/curves-svg.ts";
import { readRecord } from "../packages/deit-cli/src/runs/run-record.ts";
import { root } from "./packages.ts";

const SIDE = 160;

const { values } = parseArgs({
  options: { curves: { type: "string" }, attention: { type: "string" } },
});
if (values.curves !== undefined) {
  writeFileSync(join(root, "docs/demo-curves.svg"), curvesSvg(await readRecord(values.curves)));
  console.log("pictures: docs/demo-curves.svg");
}
if (values.attention !== undefined) {
  await startBackend("wasm");
  const opened = await openModel(values.attention);
  const samples = join(values.attention, "samples");
  const photos = await Promise.all(
    readdirSync(samples)
      .sort()
      .map((name) => decodeImage(readFileSync(join(samples, name)), { upright: true })),
  );
  const { data, width, height } = await attentionStrip(opened, photos, SIDE);
  const raw = { width, height, channels: 3 } as const;
  await sharp(data, { raw }).jpeg({ quality: 85, mozjpeg: true }).toFile(join(root, "docs/attention.jpg"));
  console.log("pictures: docs/attention.jpg");
}
