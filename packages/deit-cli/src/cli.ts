import { type Command as CacCommand, cac } from "cac";
import { suggestion } from "known-options";
import { attention } from "./commands/attention.ts";
import { calibrate } from "./commands/calibrate.ts";
import type { Command } from "./commands/command.ts";
import { data } from "./commands/data.ts";
import { embed } from "./commands/embed.ts";
import { evaluate } from "./commands/evaluate.ts";
import { exportModel } from "./commands/export.ts";
import { predict } from "./commands/predict.ts";
import { report } from "./commands/report.ts";
import { teacher } from "./commands/teacher.ts";
import { train } from "./commands/train.ts";
import { type UseSettings, useSettings } from "./commands/use-settings.ts";
import { asTyped } from "./options/as-typed.ts";
import type { Edits } from "./options/edits.ts";
import { editsOf } from "./options/edits-of.ts";
import { kebab } from "./options/kebab.ts";
import { optionOf } from "./options/option-table.ts";
import { readConfig } from "./options/read-config.ts";
import { typedName } from "./options/typed-names.ts";
import { UsageError } from "./process/usage-error.ts";
import { requireDrawn } from "./settings/require-drawn.ts";

/** All commands. Without one the program trains the demo. */
export const COMMANDS: readonly Command[] = [
  ...[train, evaluate, predict, embed, calibrate],
  ...[exportModel, teacher, report, attention, data],
];

/** A command line after parsing. */
export interface ParsedCommandLine {
  readonly command: Command;
  readonly args: readonly string[];
  /** Changes of settings: a configuration file's, then the command line's. */
  readonly edits: Edits;
  readonly use: UseSettings;
}

/**
 * Reads the command line.
 *
 * @param argv - As `process.argv`.
 * @throws UsageError for unknown commands, options and settings.
 */
export function parseCommandLine(argv: readonly string[]): ParsedCommandLine {
  const cli = cac();
  describe(cli.command(""), train);
  for (const command of COMMANDS) describe(cli.command(usage(command)), command);
  try {
    const american = argv.map((part) => part.replace(/^--unlabelled(?=$|=)/, "--unlabeled"));
    const words = withNegativeNumbers(american);
    const parsed = cli.parse(words, { run: false });
    const command = COMMANDS.find(({ name }) => name === cli.matchedCommandName) ?? train;
    const { "--": _, ...given } = parsed.options as Record<string, unknown>;
    requireArguments(command, parsed.args, Boolean(cli.matchedCommandName));
    cli.runMatchedCommand(); // checks only
    return { command, args: parsed.args, ...optionsOf(command, asTyped(given, words)) };
  } catch (error) {
    if (error instanceof Error && error.name === "CACError")
      throw new UsageError(`${error.message} (see --help)`);
    throw error;
  }
}

/** `--rate -1` as `--rate=-1`: the parser reads `-1` as an option of its own. */
function withNegativeNumbers(argv: readonly string[]): string[] {
  return argv.flatMap((part, i) => {
    const isNegative = (one: string | undefined) => /^-\.?\d/.test(one ?? "");
    const isOption = (one: string | undefined) => /^--[^=]+$/.test(one ?? "");
    if (isOption(part) && isNegative(argv[i + 1])) return [`${part}=${argv[i + 1]}`];
    return isNegative(part) && isOption(argv[i - 1]) ? [] : [part];
  });
}

function usage({ name, argument }: Command): string {
  if (argument === undefined) return name;
  return argument.many ? `${name} <...${argument.name}>` : `${name} <${argument.name}>`;
}

function describe(described: CacCommand, { options }: Command): void {
  for (const name of options) {
    const { kind, help } = optionOf(name);
    described.option(`--${kebab(name)}${kind === "switch" ? "" : " <value>"}`, help);
  }
  described.allowUnknownOptions().action(() => {}); // they are refused here, with a suggestion
}

function requireArguments({ name, argument }: Command, args: readonly string[], isNamed: boolean): void {
  const [first] = args;
  if (first !== undefined && !isNamed) {
    const names = COMMANDS.map((command) => command.name);
    throw new UsageError(
      `expected a command (${names.join(", ")}), got '${first}'${suggestion(first, names)}`,
    );
  }
  if (argument === undefined && first !== undefined)
    throw new UsageError(`${name}: expected options only, got '${first}' (see --help)`);
  if (argument?.many === false && args.length !== 1)
    throw new UsageError(`${name}: expected one ${argument.name}, got ${args.length} (see --help)`);
  if (argument?.many === true && first === undefined)
    throw new UsageError(`${name}: expected ${argument.name}, got none (see --help)`);
}

function optionsOf(
  { name, options, settings = [] }: Command,
  given: Record<string, unknown>,
): Pick<ParsedCommandLine, "edits" | "use"> {
  const unknown = Object.keys(given).find((key) => !(options as readonly string[]).includes(key));
  if (unknown !== undefined) {
    const dashes = unknown.length === 1 ? "-" : "--";
    const meant = typedName(unknown, options);
    const hint =
      meant === undefined
        ? suggestion(kebab(unknown), options.map(kebab)).replace("'", "'--")
        : `; did you mean '--${kebab(meant)}'?`;
    throw new UsageError(`${name}: unknown option '${dashes}${kebab(unknown)}'${hint} (see --help)`);
  }
  const { config, ...typed } = given;
  const paths = [...settings, ...options.map((option) => optionOf(option).path)];
  const edits = editsOf(typed);
  const saved = config === undefined ? {} : readConfig(String(config), paths);
  const isOneSeed = typed.seed !== undefined && Array.isArray(saved["run.seeds"]); // in place of the list
  const all: Edits = { ...saved, ...(isOneSeed && { "run.seeds": undefined }), ...edits };
  requireDrawn(edits, all);
  const part = (isUse: boolean): Edits =>
    Object.fromEntries(Object.entries(all).filter(([path]) => path.startsWith("use.") === isUse));
  return { edits: part(false), use: useSettings(part(true)) };
}
