// `npx pnpm@12 fuzz <format|all> [--count n] [--seed s] [--seconds t] [--input i] [--save file] [--write]`: reads mutated
// files of a format, each judged; `--input` tries one, `--save` writes it; `--write` puts the counts into docs/reliability.md.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCampaign } from "./campaign.ts";
import { FORMATS, formatNamed } from "./formats.ts";
import { FAULTS, inputOf, RIGHT } from "./judge.ts";
import { type Row, writeRow } from "./page.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string" },
    input: { type: "string" },
    save: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
const names = positionals[0] === "all" ? FORMATS.map(({ name }) => name) : positionals;
if (names.length === 0)
  throw new Error(`fuzz: expected all or one of ${FORMATS.map(({ name }) => name).join(", ")}`);
const seed = integer("seed", values.seed);
const count = values.input === undefined ? integer("count", values.count) : 1;
const first = integer("input", values.input ?? "0");

for (const format of names) {
  const { reader } = formatNamed(format);
  if (values.save !== undefined) await save(format, values.save);
  const { inputs, counts, faults } = await runCampaign({
    ...{ format, seed, count, first },
    ...(values.seconds !== undefined && { seconds: integer("seconds", values.seconds) }),
    onFault: (input, { outcome, layer, detail }) =>
      console.log(`${format} --seed ${seed} --input ${input}: ${outcome} (${layer})\n${detail}\n`),
  });
  const told = [...RIGHT, ...FAULTS].filter((outcome) => counts[outcome] > 0);
  console.log(
    `${format}: ${inputs} inputs: ${told.map((outcome) => `${counts[outcome]} ${outcome}`).join(", ")}`,
  );
  if (values.write) writeRow({ format, reader, seed, inputs, counts } satisfies Row);
  if (faults.length > 0) process.exitCode = 1;
}

async function save(format: string, path: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  try {
    const subject = await formatNamed(format).prepare(folder);
    writeFileSync(path, (await inputOf(subject, seed, format, first)).file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function integer(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0 && text !== "") return value;
  throw new Error(`fuzz: --${name} must be an integer >= 0, got '${text}'`);
}
