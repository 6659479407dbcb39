import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cutLog } from "../../../packages/train-loop/src/node/cut-log.ts";
import { type Format, wholeFile } from "../format.ts";

/** A run's log where it is resumed: nothing that it held may be lost, and what stays is whole lines. */
export const log: Format = {
  name: "log",
  reader: "`jsonLines` of a resumed run",
  async prepare(folder) {
    const lines = [
      { event: "begin", time: "2026-01-01T00:00:00Z", step: 0, epoch: 0, settings: { seed: 1 } },
      ...[1, 2, 3, 4, 5, 6].map((step) => ({
        event: "step",
        step,
        epoch: 0,
        batch: step - 1,
        size: 4,
        loss: 0.5,
      })),
      { event: "epoch", step: 6, epoch: 0, loss: 0.5, val_loss: "NaN" },
    ];
    const file = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const path = join(folder, "log.jsonl");
    const replaced = `${path}.replaced`;
    return {
      layers: [wholeFile(new Uint8Array(file), false)],
      named: /log\.jsonl/,
      async read(bytes) {
        writeFileSync(path, bytes);
        rmSync(replaced, { force: true });
        const { lastStep = 0 } = cutLog(path, { step: 4, epoch: 0 });
        const kept = readFileSync(path);
        const cut = existsSync(replaced) ? readFileSync(replaced) : Buffer.alloc(0);
        const all = Buffer.concat([kept, cut]);
        const isWhole = all.equals(bytes) || all.equals(Buffer.concat([bytes, Buffer.from("\n")]));
        const isCounted = Number.isInteger(lastStep) && lastStep >= 0 && lastStep <= 4;
        if (!isWhole || (kept.length > 0 && kept.at(-1) !== 10) || !isCounted) {
          throw new TypeError(`the log lost something: last step ${lastStep}, kept ${kept}, cut ${cut}`);
        }
        return `${lastStep} ${kept}`;
      },
    };
  },
};
