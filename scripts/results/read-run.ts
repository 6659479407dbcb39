import { existsSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { PRESETS } from "../../packages/deit-cli/src/settings/presets.ts";
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
 * The students of a run of the example, finished or not, from its settings and its logs; and its teacher's accuracy, once the
 * run has ended.
 *
 * @param folder - `runs/<name>`.
 * @param commit - What was run.
 * @param hardware - What ran it.
 */
export function readRun(folder: string, commit: string, hardware: string): ResultRow[] {
  const settings = JSON.parse(readFileSync(join(folder, "settings.json"), "utf8"));
  const shared = { run: basename(resolve(folder)), source: commandOf(settings), commit, seed: settings.seed };
  const machine = `${hardware}, Node ${process.version}, ${settings.backend}`;
  return [...teacherRow(folder, shared), ...["student-alone", "student-distilled"].flatMap(stageRow)];

  function stageRow(stage: string): ResultRow[] {
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
        model: stage.replace("-", " "),
        date: lines.at(-1)!.time.slice(0, 10),
        machine,
        epochs: settings.epochs,
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
  const path = join(folder, "result.json");
  if (!existsSync(path)) return [];
  const { models } = JSON.parse(readFileSync(path, "utf8")) as {
    models: readonly { name: string; valAccuracy: number }[];
  };
  return models
    .filter(({ name }) => name === "teacher")
    .map(({ valAccuracy }) => ({
      ...{ ...shared, model: "teacher", epochs: 0, loss: [] },
      valAccuracy: [round(valAccuracy, 4)],
    }));
}

/** What differs from the preset, as options; of paths only the last part, for they are one machine's. */
function commandOf(settings: Readonly<Record<string, unknown>>): string {
  const preset = PRESETS[String(settings.preset)] as Readonly<Record<string, unknown>>;
  const hidden = ["name", "out", "preset", "checkpointEvery", "workers", "resume"];
  const paths = ["data", "weights", "storeLogits"];
  const options = Object.entries(settings)
    .filter(([key, value]) => !hidden.includes(key) && value !== preset[key] && value !== false)
    .map(([key, value]) => {
      const option = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      if (value === true) return option;
      if (key === "teacher") return `${option} ${modelPath(String(value))}`;
      return `${option} ${paths.includes(key) ? basename(String(value)) : value}`;
    });
  return ["npx pnpm@12 start train", `--preset ${settings.preset}`, ...options].join(" ");
}

/** Of a model that a run has saved, the run too. */
function modelPath(path: string): string {
  const parts = path.split("/");
  return /^(teacher|student-)/.test(parts.at(-1)!) ? `runs/${parts.slice(-2).join("/")}` : basename(path);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const round = (value: number, digits: number): number => Number(value.toFixed(digits));
