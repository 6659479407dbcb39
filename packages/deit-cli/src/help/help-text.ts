import { COMMANDS } from "../cli.ts";
import type { Command } from "../commands/command.ts";
import { TRAIN_OPTIONS } from "../commands/train.ts";
import { kebab } from "../options/kebab.ts";
import { type OptionName, optionOf } from "../options/option-table.ts";
import { PRESETS, type PresetSettings } from "../settings/presets.ts";
import { presetOf } from "../settings/resolve-settings.ts";
import { NO_BREAK_SPACE, wrapped } from "../terminal/wrapped.ts";
import { groupOf, OPTION_GROUPS } from "./option-group.ts";
import { presetValue } from "./preset-value.ts";

const PROGRAM = "npx pnpm@12 start";
/** Options of `train` that the overview has. */
const MOST_USED: readonly OptionName[] = [
  ...(["data", "download", "students", "weights", "imageSize", "teacher", "epochs", "batchSize"] as const),
  ...(["learningRate", "augment", "preset", "name", "seed", "resume", "config", "backend"] as const),
];
/** Where explanations begin, on narrow terminals and on others. */
const COLUMNS = { narrow: 22, other: 30 } as const;
const WIDTHS = { least: 60, most: 100 } as const;

/** What the help is about. */
export interface HelpOptions {
  /** Preset whose values are shown. */
  readonly preset: string;
  /** Columns of the terminal; lines are as wide, from 60 to 100. */
  readonly columns: number;
}

/** The program's help: commands, presets, and the options that are used most. */
export function overview(options: HelpOptions): string {
  const width = widthOf(options);
  return [
    ...wrapped("Trains vision transformers, alone and distilled from a teacher, and uses them.", width),
    "",
    "Usage",
    `  ${PROGRAM} [command] [options]`,
    "",
    "Commands",
    ...COMMANDS.flatMap((command) => entry(usage(command), command.what, width)),
    ...entry("help [command]", "This, or all options of a command", width),
    ...entry("--version", "Versions of the program and of Node", width),
    "",
    "Presets (--preset)",
    ...Object.entries(PRESETS).flatMap(([name, { what }]) => entry(name, what, width)),
    "",
    ...wrapped(
      `Options of train that are used most; without a command, train is meant. ${bracketsOf(options.preset)}`,
      width,
    ),
    ...groups(MOST_USED, presetOf(options.preset), width),
    "",
    `All ${TRAIN_OPTIONS.length} options of train`,
    `  ${PROGRAM} help train`,
    "",
  ].join("\n");
}

/** A command's help: all of its options, by group, with the values of a preset, and examples. */
export function commandHelp(command: Command, options: HelpOptions): string {
  const width = widthOf(options);
  const ofRun = command.settingsOf === "run";
  const brackets = ofRun
    ? "In brackets: the place in a configuration file; the default is the run's."
    : bracketsOf(options.preset);
  return [
    ...wrapped(`${command.what}.`, width),
    "",
    "Usage",
    `  ${PROGRAM} ${usage(command)} [options]`,
    "",
    "Examples",
    ...command.examples.map((example) => `  ${PROGRAM} ${example}`.trimEnd()),
    "",
    ...(command.notes ?? []).flatMap((note) => [...wrapped(note, width), ""]),
    ...wrapped(brackets, width),
    ...groups(command.options, ofRun ? undefined : presetOf(options.preset), width),
    "",
  ].join("\n");
}

function bracketsOf(preset: string): string {
  return `In brackets: the place in a configuration file, and the value in the preset${NO_BREAK_SPACE}'${preset}'.`;
}

function groups(options: readonly OptionName[], preset: PresetSettings | undefined, width: number): string[] {
  return OPTION_GROUPS.flatMap((group) => {
    const own = options.filter((name) => groupOf(name) === group);
    if (own.length === 0) return [];
    return ["", group, ...own.flatMap((name) => entry(typed(name), explanation(name, preset), width))];
  });
}

/** `--epochs <n>` */
function typed(name: OptionName): string {
  const { kind, choices } = optionOf(name);
  const value = { switch: "", text: " <value>", number: " <n>" }[kind ?? "number"];
  return `--${kebab(name)}${choices === undefined ? value : " <name>"}`;
}

function explanation(name: OptionName, preset: PresetSettings | undefined): string {
  const { help, path } = optionOf(name);
  if (path.startsWith("use.")) return help;
  const value = preset === undefined ? undefined : presetValue(name, preset);
  return `${help} [${path}${value === undefined ? "" : `:${NO_BREAK_SPACE}${value}`}]`;
}

/** A name and its explanation beside it, or below it where the name is long. */
function entry(name: string, text: string, width: number): string[] {
  const column = width < 80 ? COLUMNS.narrow : COLUMNS.other;
  const lines = wrapped(text, width - column).map((line) => `${" ".repeat(column)}${line}`);
  const isShort = name.length + 4 <= column;
  const first = `  ${name}`.padEnd(column);
  return isShort ? [first + lines[0]!.trimStart(), ...lines.slice(1)] : [first.trimEnd(), ...lines];
}

function usage({ name, argument }: Command): string {
  if (argument === undefined) return name;
  return argument.many ? `${name} <${argument.name}…>` : `${name} <${argument.name}>`;
}

function widthOf({ columns }: HelpOptions): number {
  return Math.min(Math.max(columns, WIDTHS.least), WIDTHS.most);
}
