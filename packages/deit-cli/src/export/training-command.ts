import { basename } from "node:path";
import { leavesOf } from "../options/edits.ts";
import { kebab } from "../options/kebab.ts";
import { OPTION_NAMES, type OptionName, optionOf } from "../options/option-table.ts";
import { shellWord } from "../process/shell-word.ts";
import { presetOf } from "../settings/resolve-settings.ts";
import type { Settings } from "../settings/settings.ts";
import { withoutFolders } from "./without-folders.ts";

/** Options of a run's place and of the machine, which do not belong to a training elsewhere. */
const ELSEWHERE: readonly OptionName[] = [
  "preset",
  "name",
  "out",
  "cache",
  "backend",
  "workers",
  "resume",
  "verbose",
];
/** Settings that are paths: the card has their last part only. */
const PATHS: readonly string[] = [
  "data.path",
  "data.valData",
  "data.unlabeled",
  "data.labelsFile",
  "run.teacher",
];

/** The command that trains a run's models, as one types it: the preset, and what differs from it. */
export function trainingCommand(settings: Settings): string {
  const own = leavesOf(settings);
  const preset = leavesOf(presetOf(settings.run.preset));
  const words = OPTION_NAMES.filter((name) => !ELSEWHERE.includes(name)).flatMap((name) => {
    const { path, kind, choices, typed } = optionOf(name);
    if (path.startsWith("use.")) return [];
    const [value, before] = [
      valueAt(settings, own, path),
      valueAt(presetOf(settings.run.preset), preset, path),
    ];
    if (JSON.stringify(value) === JSON.stringify(before)) return [];
    const option = `--${kebab(name)}`;
    if (kind === "switch") return value === true ? [option] : [];
    const text = typed?.(value) ?? choiceOf(choices, value) ?? plain(path, value);
    return text === undefined ? [] : [`${option} ${shellWord(text)}`];
  });
  return ["npx pnpm@12 start train", `--preset ${settings.run.preset}`, ...words].join(" ");
}

/** A setting by its path: a leaf, or a group such as `recipe.distillation`. */
function valueAt(settings: object, leaves: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(leaves, path)) return leaves[path];
  const found = path
    .split(".")
    .reduce<unknown>((group, key) => (group as Record<string, unknown> | undefined)?.[key], settings);
  return found;
}

/** The choice of a value: the same, else the one of its kind, whose other parts have options of their own. */
function choiceOf(
  choices: Readonly<Record<string, unknown>> | undefined,
  value: unknown,
): string | undefined {
  const names = Object.keys(choices ?? {});
  const kindOf = (one: unknown) => (one as { readonly kind?: string } | undefined)?.kind;
  return (
    names.find((name) => JSON.stringify(choices![name]) === JSON.stringify(value)) ??
    names.find((name) => kindOf(value) !== undefined && kindOf(choices![name]) === kindOf(value))
  );
}

function plain(path: string, value: unknown): string | undefined {
  if (typeof value === "string") return PATHS.includes(path) ? basename(value) : withoutFolders(value);
  if (typeof value === "number") return String(value);
  return Array.isArray(value) && value.every((one) => typeof one === "number") ? value.join(",") : undefined;
}
