import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { EventFile, scalar } from "../../../packages/tensorboard-events/src/index.ts";
import { type Format, wholeFile } from "../format.ts";

/** Event files: of earlier ones only the names are read, so that a new one comes after them. */
export const events: Format = {
  name: "events",
  reader: "`EventFile`, names of earlier files",
  async prepare(folder) {
    const name = Buffer.from("events.out.tfevents.1700000000.host.1.0");
    const run = join(folder, "events");
    return {
      layers: [wholeFile(new Uint8Array(name), false)],
      named: /EventFile|events/,
      async read(bytes) {
        rmSync(run, { recursive: true, force: true });
        mkdirSync(run);
        const earlier = Buffer.from(bytes).toString("latin1").replace(/[/\0]/g, "_").slice(0, 100) || "x";
        if (earlier !== "." && earlier !== "..") writeFileSync(join(run, earlier), "");
        const file = new EventFile(run, { restartAt: 3, now: () => 1_700_000_001_000 });
        file.add(3, [scalar("loss", 0.5)]);
        file.flush();
        const own = basename(file.path);
        const others = readdirSync(run).filter(
          (other) => other !== own && /^events\.out\.tfevents\.\d+\./.test(other),
        );
        if (!/^events\.out\.tfevents\.\d+\./.test(own) || others.some((other) => other >= own)) {
          throw new TypeError(`the new file ${own} does not come after ${others}`);
        }
        return `${readFileSync(file.path).length}`;
      },
    };
  },
};
