import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SETTING_GROUPS } from "../../../packages/deit-cli/src/commands/train.ts";
import { readConfig } from "../../../packages/deit-cli/src/options/read-config.ts";
import { savedSettings } from "../../../packages/deit-cli/src/runs/saved-settings.ts";
import { resolveSettings, resumeSettings } from "../../../packages/deit-cli/src/settings/resolve-settings.ts";
import { type Format, wholeFile } from "../format.ts";

/** Settings: a `--config` file, and the settings.json of a run that is resumed. */
export const config: Format = {
  name: "config",
  reader: "`--config` and `--resume` of deit-cli",
  async prepare(folder) {
    const settings = resolveSettings({
      "run.preset": "demo",
      "run.name": "x",
      "recipe.epochs": 3,
      "recipe.learningRate": 1e-3,
    });
    const file = new TextEncoder().encode(JSON.stringify(settings, undefined, 2));
    const [path, run] = [join(folder, "config.json"), join(folder, "run")];
    mkdirSync(run);
    return {
      layers: [wholeFile(file, false)],
      named: /^UsageError: (--|settings|run|data|model|recipe)|settings\.json|config\.json/,
      async read(bytes) {
        writeFileSync(path, bytes);
        writeFileSync(join(run, "settings.json"), bytes);
        const resumed = resumeSettings(savedSettings(run), {});
        const given = resolveSettings(readConfig(path, SETTING_GROUPS));
        return JSON.stringify([given, resumed]);
      },
    };
  },
};
