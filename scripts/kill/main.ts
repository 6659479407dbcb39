// `npx pnpm@12 run kill [--kills 100] [--seed 1] [--seconds 1200] [--write]`: kills a small training with SIGKILL at random moments, resumes it,
// and compares the final weights, bit for bit, with those of a training that was left alone. `--write`: the result goes to
// docs/reliability.md.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { killRuns } from "./campaign.ts";
import { writeKills } from "./page.ts";

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: {
    kills: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (!(Number.isInteger(kills) && kills >= 1 && Number.isInteger(seed) && seed >= 0))
  throw new RangeError(`kill: expected --kills >= 1 and --seed >= 0, got ${values.kills} and ${values.seed}`);
const limit = values.seconds === undefined ? {} : { seconds: Number(values.seconds) };
const folder = mkdtempSync(join(tmpdir(), "kill-"));
const result = await killRuns({ kills, seed, ...limit, folder, say: (line) => console.log(line) });
console.log(JSON.stringify(result, null, 2));
if (values.write) writeKills(result, `npx pnpm@12 run kill --kills ${kills} --seed ${seed}`);
if (result.faults.length === 0) rmSync(folder, { recursive: true });
else {
  console.log(`kept: ${folder}`);
  process.exitCode = 1;
}
