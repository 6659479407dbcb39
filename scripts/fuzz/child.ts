// A process that tries inputs of one format: `child.ts <format> <seed> <first> <end>`. Says each before and after.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatNamed } from "./formats.ts";
import { inputOf, judge, type Verdict } from "./judge.ts";

/** Messages to the parent. */
export type Message = { readonly begin: number } | { readonly end: number; readonly verdict: Verdict };

const [name = "", seed = "1", first = "0", end = "0"] = process.argv.slice(2);
process.channel?.unref(); // a promise that never settles then ends the process, instead of nothing
const folder = mkdtempSync(join(tmpdir(), `fuzz-${name}-`));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const tell = (message: Message): Promise<void> =>
  new Promise((resolve, reject) => process.send!(message, (error) => (error ? reject(error) : resolve())));

const subject = await formatNamed(name).prepare(folder);
const originals = new Set<string>();
for (const layer of subject.layers) originals.add(await subject.read(await layer.wrap(layer.bytes), layer));
for (let input = Number(first); input < Number(end); input++) {
  await tell({ begin: input });
  const verdict = await judge(subject, originals, await inputOf(subject, Number(seed), name, input));
  await tell({ end: input, verdict });
  if (verdict.outcome === "memory") break; // the peak of this process hides those that come
}
process.exit(0);
