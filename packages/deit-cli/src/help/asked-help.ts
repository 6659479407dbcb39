import { readFileSync } from "node:fs";
import { suggestion } from "known-options";
import { COMMANDS } from "../cli.ts";
import { UsageError } from "../process/usage-error.ts";
import { defaultPreset, presetOf } from "../settings/resolve-settings.ts";
import { commandHelp, overview } from "./help-text.ts";

/**
 * The text of `help`, `--help` and `--version`.
 *
 * `help train`, `train --help` and `help` with the options of a run, whose preset decides the values that are shown.
 *
 * @param args - The command line, without Node and the program.
 * @param columns - Width of the terminal.
 * @returns `undefined` where none is asked for.
 * @throws UsageError for help about a command or a preset that does not exist.
 */
export function askedHelp(args: readonly string[], columns: number): string | undefined {
  if (args[0] === "--version" || args[0] === "-v" || args[0] === "version") {
    requireAlone(args);
    return versions();
  }
  const isAsked = args[0] === "help" || args.some((one) => one === "--help" || one === "-h");
  if (!isAsked) return undefined;
  const topic = args[0] === "help" ? args[1] : args[0];
  if (args[0] === "help" && args[2] !== undefined && !args[2].startsWith("-"))
    throw new UsageError(`help: expected one command, got '${args[1]}' and '${args[2]}'`);
  const options = { preset: presetIn(args), columns };
  if (topic === undefined || topic.startsWith("-")) return overview(options);
  const command = COMMANDS.find(({ name }) => name === topic);
  if (command !== undefined) return commandHelp(command, options);
  const names = COMMANDS.map(({ name }) => name);
  throw new UsageError(
    `help: expected a command (${names.join(", ")}), got '${topic}'${suggestion(topic, names)}`,
  );
}

/** @throws UsageError for whatever is typed after `--version`. */
function requireAlone([first, other]: readonly string[]): void {
  if (other !== undefined) throw new UsageError(`${first}: expected nothing after it, got '${other}'`);
}

function presetIn(args: readonly string[]): string {
  const place = args.findIndex((one) => /^--preset(=|$)/.test(one));
  const isOfPhotos = args.some((one) => /^--(data|download)(=|$)/.test(one));
  const typed = place < 0 ? undefined : (args[place]!.split("=")[1] ?? args[place + 1] ?? "");
  const preset = typed ?? defaultPreset(isOfPhotos);
  presetOf(preset); // checks
  return preset;
}

function versions(): string {
  const manifest = new URL("../../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return `deit-cli ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}\n`;
}
