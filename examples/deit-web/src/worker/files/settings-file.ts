import type { Curves, ModelFigures, Settings } from "../../session/types.ts";
import { requireSettings } from "../project/settings.ts";
import { areCurves, areModels } from "./figures-file.ts";

/** `settings.json` of a taken-away student: what it takes to open it here, and how it was trained. */
export interface SettingsFile {
  readonly format: "deit-web";
  readonly version: 1;
  readonly classNames: readonly string[];
  readonly settings: Settings;
  readonly models: readonly ModelFigures[];
  readonly curves: Curves;
}

/** Reads such a file. @throws Error saying what is wrong. */
export function readSettingsFile(text: string): SettingsFile {
  const fail = (why: string, cause?: unknown) =>
    new Error(`This is not a student of this page: settings.json ${why}.`, { cause });
  let file: SettingsFile;
  try {
    file = JSON.parse(text) as SettingsFile;
  } catch (cause) {
    throw fail("is not JSON", cause);
  }
  if (file?.format !== "deit-web") throw fail("was written by another program");
  if (file.version !== 1) throw fail(`has version ${file.version}, of a newer page`);
  const { classNames, settings, models = [], curves = { steps: [], epochs: [] } } = file;
  const areNames =
    Array.isArray(classNames) &&
    classNames.every((one) => typeof one === "string" && one !== "" && one === one.trim());
  if (!areNames || classNames.length < 2 || new Set(classNames).size < classNames.length)
    throw fail("does not name two different classes");
  try {
    requireSettings(settings);
  } catch (cause) {
    throw fail(`holds a setting that does not exist (${(cause as Error).message})`, cause);
  }
  if (!areModels(models)) throw fail("holds figures of models that cannot be");
  if (!areCurves(curves)) throw fail("holds curves that cannot be drawn");
  return { ...file, models, curves };
}
