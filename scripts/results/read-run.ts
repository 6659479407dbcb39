import { existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type Edits, leavesOf } from "../../packages/deit-cli/src/options/edits.ts";
import { kebab } from "../../packages/deit-cli/src/options/kebab.ts";
import { OPTION_NAMES, optionOf } from "../../packages/deit-cli/src/options/option-table.ts";
import { savedSettings } from "../../packages/deit-cli/src/runs/saved-settings.ts";
import { nameOf, STAGE_NAMES } from "../../packages/deit-cli/src/runs/stages.ts";
import { presetOf } from "../../packages/deit-cli/src/settings/resolve-settings.ts";
import type { StageName } from "../../packages/deit-cli/src/stage-name.ts";
import type { ResultRow } from "./row.ts";

interface LogLine {
  readonly event: string;
  readonly time: string;
  readonly step: number;
  readonly size?: number;
  readonly waitSeconds?: number;
  readonly computeSeconds?: number;
  readonly loss?: number;
  readonly val_accuracy?: number;
  readonly val_ema_accuracy?: number;
}

/**
 * The students of a run of `deit-cli`, finished or not, from its settings and its logs; and its teacher's accuracy, once the
 * run has ended.
 *
 * @param folder - `runs/<name>`.
 * @param commit - What was run.
 * @param hardware - What ran it.
 */
export function readRun(folder: string, commit: string, hardware: string): ResultRow[] {
  const settings = savedSettings(folder, "results");
  const shared = {
    run: basename(resolve(folder)),
    source: commandOf(settings),
    commit,
    seed: Number(settings["run.seed"]),
  };
  const node = resultOf(folder)?.environment?.node ?? process.version;
  const machine = `${hardware}, Node ${node}, ${settings["run.backend"]}`;
  return [
    ...teacherRow(folder, shared),
    ...STAGE_NAMES.filter((stage) => stage !== "teacher").flatMap(stageRow),
  ];

  function stageRow(stage: StageName): ResultRow[] {
    const path = join(folder, "log", `${stage}.jsonl`);
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as LogLine);
    const steps = lines.filter(({ event }) => event === "step");
    const epochs = lines.filter(({ event }) => event === "epoch");
    const seconds = sum(steps.map(({ waitSeconds = 0, computeSeconds = 0 }) => waitSeconds + computeSeconds));
    return [
      {
        ...shared,
        model: nameOf(stage),
        date: lines.at(-1)!.time.slice(0, 10),
        machine,
        epochs: Number(settings["recipe.epochs"]),
        imagesPerSecond: round(sum(steps.map(({ size = 0 }) => size)) / seconds, 1),
        minutes: round(seconds / 60, 0),
        loss: epochs.map(({ loss }) => round(loss!, 4)),
        valAccuracy: epochs.map((it) => round(it.val_ema_accuracy ?? it.val_accuracy!, 6)), // 0.6485 would be 64.8%
      },
    ];
  }
}

function teacherRow(
  folder: string,
  shared: Pick<ResultRow, "run" | "source" | "commit" | "seed">,
): ResultRow[] {
  return (resultOf(folder)?.models ?? [])
    .filter(({ name }) => name === "teacher")
    .map(({ valAccuracy }) => ({
      ...{ ...shared, model: "teacher", epochs: 0, loss: [] },
      valAccuracy: [round(valAccuracy, 4)],
    }));
}

interface Finished {
  readonly models: readonly { readonly name: string; readonly valAccuracy: number }[];
  readonly environment?: { readonly node: string };
}

/** `result.json` of a finished run. */
function resultOf(folder: string): Finished | undefined {
  const path = join(folder, "result.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Finished) : undefined;
}

/** Settings that differ from the preset's, as options; of paths only the last part, which is the same on every machine. */
function commandOf(settings: Edits): string {
  const preset = leavesOf(presetOf(String(settings["run.preset"])));
  const hidden = ["preset", "name", "out", "checkpointEvery", "workers", "resume"];
  const paths = ["data", "weights", "storeLogits"];
  const isOfPhotos = typeof settings["data.path"] === "string" || settings["data.download"] === true;
  const options = OPTION_NAMES.flatMap((name) => {
    const { path, kind, choices } = optionOf(name);
    const [was, is] = [preset, settings].map((all) => JSON.stringify(below(all, path)));
    if (hidden.includes(name) || path.startsWith("use.") || was === is) return [];
    if (name === "count" && isOfPhotos) return [];
    const option = `--${kebab(name)}`;
    if (kind === "switch") return [option];
    const value = settings[path];
    if (choices !== undefined) {
      const isChosen = (one: string) => is === JSON.stringify(below({ [path]: choices[one] }, path));
      return [`${option} ${Object.keys(choices).find(isChosen) ?? settings[`${path}.kind`]}`];
    }
    if (name === "evaluationCrop") return [`${option} ${settings[`${path}.ratio`] ?? 1}`];
    if (name === "hints") return [`${option} ${hintsText(value as Hints | undefined)}`];
    if (name === "teacher") return [`${option} ${modelPath(String(value))}`];
    return [`${option} ${paths.includes(name) ? basename(String(value)) : (value ?? 0)}`];
  });
  return ["npx pnpm@12 start train", `--preset ${settings["run.preset"]}`, ...options].join(" ");
}

type Hints = { readonly pairs?: readonly { readonly teacher: string; readonly student?: string }[] };

/** Hints as `--hints` takes them. */
function hintsText(hints: Hints | undefined): string {
  if (hints === undefined) return "off";
  const { pairs } = hints;
  return (
    pairs?.map(({ teacher, student }) => [teacher, student].filter(Boolean).join(":")).join(",") ?? "auto"
  );
}

/** The values at a path and below it, without those left out. */
function below(edits: Edits, path: string): Edits {
  const leaves = Object.entries(leavesOf(edits)).filter(([key]) => `${key}.`.startsWith(`${path}.`));
  return Object.fromEntries(leaves.filter(([, value]) => value !== undefined && value !== null).sort());
}

/** Path of a model, with the run that saved it if there is one. */
function modelPath(path: string): string {
  const parts = path.split("/");
  return /^(teacher|student-)/.test(parts.at(-1)!) ? `runs/${parts.slice(-2).join("/")}` : basename(path);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const round = (value: number, digits: number): number => Number(value.toFixed(digits));
