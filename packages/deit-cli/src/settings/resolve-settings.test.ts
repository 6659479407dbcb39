import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { emptyFolder } from "test-kit";
import { describe, expect, test } from "vitest";
import { COMMANDS, parseCommandLine } from "../cli.ts";
import { trainSettings } from "../commands/train.ts";
import { UsageError } from "../process/usage-error.ts";
import { PRESETS } from "./presets.ts";
import { resolveSettings, resumeSettings } from "./resolve-settings.ts";

const ask = (...args: string[]) => parseCommandLine(["node", "deit-cli", ...args])!;
const parse = (...args: string[]) => trainSettings(ask(...args).options);

describe("the command line", () => {
  test("gives the demo without options, and the photos' preset for photos", () => {
    expect(parse()).toMatchObject({ preset: "demo", ...PRESETS.demo });
    expect(parse("--data", "x.tgz")).toMatchObject({ preset: "photos", data: "x.tgz", imageSize: 96 });
    expect(parse("--download")).toMatchObject({ preset: "photos", download: true });
  });

  test("lets options replace a preset's values, with names and numbers as they are", () => {
    expect(parse("--preset", "tiny", "--epochs", "7", "--drop-path", "0.25", "--name", "7")).toMatchObject({
      ...PRESETS.tiny,
      epochs: 7,
      dropPathRate: 0.25,
      name: "7",
    });
  });

  test.each([
    [["--preset", "huge"], "--preset: expected one of demo, photos, keras, deit, finetune, tiny, got 'huge'"],
    [["--bogus", "3"], "train: unknown option '--bogus' (see --help)"],
    [
      ["--preset", "demmo"],
      "--preset: expected one of demo, photos, keras, deit, finetune, tiny, got 'demmo'; did you mean 'demo'?",
    ],
    [["--epoch", "3"], "train: unknown option '--epoch'; did you mean '--epochs'? (see --help)"],
    [
      ["train", "--droppath", "0"],
      "train: unknown option '--droppath'; did you mean '--drop-path'? (see --help)",
    ],
    [
      ["trian"],
      "expected a command (train, evaluate, predict, teacher, report, attention, data), got 'trian'; did you mean 'train'?",
    ],
    [["train", "x"], "train: expected options only, got 'x' (see --help)"],
    [["predict"], "predict: expected photos, got none (see --help)"],
    [["report", "a", "b"], "report: expected one run, got 2 (see --help)"],
    [["predict", "a.jpg", "--epochs", "3"], "predict: unknown option '--epochs' (see --help)"],
    [["--epochs"], "option `--epochs <value>` value is missing (see --help)"],
    [["--epochs", "many"], '--epochs: expected number, got "many"'],
    [["--epochs", "2.5"], "--epochs: expected int, got 2.5"],
    [["--epochs", "1", "--epochs", "2"], "--epochs: expected number, got [1,2]"],
    [["--epochs", "0"], "--epochs: expected number to be >0, got 0"],
    [["--alpha", "2"], "--alpha: expected number to be <=1, got 2"],
    [["--drop-path", "1"], "--drop-path: expected number to be <1, got 1"],
    [["--name", "a/b"], '--name: expected letters, digits, dots, dashes and underscores, got "a/b"'],
    [
      ["--backend", "cuda"],
      '--backend: expected one of "auto"|"tensorflow"|"webgpu"|"wasm"|"cpu", got "cuda"',
    ],
    [["--patch-size", "7"], "--patch-size: must divide the image size 48, got 7"],
    [["--heads", "7"], "--heads: must divide --dim 96, got 7"],
    [["--mlp-ratio", "0.3"], "--mlp-ratio: times --dim 96 must be a whole number, got 0.3"],
    [["--count", "3"], "--count: expected number to be >=50, got 3"],
    [["--workers", "99"], "--workers: expected at most 32, got 99"],
    [["--augment", "much"], '--augment: expected one of "keras"|"deit"|"crop"|"none", got "much"'],
    [["--evaluation-crop", "0"], "--evaluation-crop: expected number to be >0, got 0"],
    [["--preset", "finetune"], "--weights: expected a safetensors file to start from, got none"],
    [
      ["--store-logits", "x"],
      "--store-logits: expected --view-epochs with it, or no view comes again, got none",
    ],
    [
      ["--store-logits", "x", "--view-epochs", "1", "--mixup", "0.8"],
      "--store-logits: expected pictures that come again, got ones that are mixed anew",
    ],
    [["--data", "a", "--download"], "--data and --download: expected one of the two, got both"],
  ])("refuses %j", (args, message) => {
    expect(() => parse(...args)).toThrow(new UsageError(message));
  });
});

describe("a configuration file", () => {
  async function configOf(text: string): Promise<string> {
    const file = join(await emptyFolder(), "config.json");
    await writeFile(file, text);
    return file;
  }

  test("has the options of the command line, which go before it", async () => {
    const file = await configOf(JSON.stringify({ preset: "tiny", epochs: 7, dropPathRate: 0.25 }));
    expect(parse("--config", file, "--epochs", "3")).toMatchObject({
      ...PRESETS.tiny,
      epochs: 3,
      dropPathRate: 0.25,
    });
  });

  test("may be a run's settings.json, whatever the preset", async () => {
    for (const preset of Object.keys(PRESETS)) {
      const settings = resolveSettings({ preset, weights: "x.safetensors", name: "a" });
      expect(parse("train", "--config", await configOf(JSON.stringify(settings)))).toEqual(settings);
    }
  });

  test("is refused where a key is unknown, a value wrong or the text no object", async () => {
    const unknown = await configOf(JSON.stringify({ epoch: 1, color: 2 }));
    expect(() => ask("--config", unknown)).toThrow(
      new UsageError(
        `--config: ${unknown}: expected options of this command only, got 'epoch'; did you mean 'epochs'?, 'color'`,
      ),
    );
    const wrong = await configOf(JSON.stringify({ epochs: "many" }));
    expect(() => parse("--config", wrong)).toThrow(new UsageError('--epochs: expected number, got "many"'));
    const list = await configOf("[]");
    expect(() => ask("--config", list)).toThrow(`${list}: expected an object of options, got []`);
    expect(() => ask("--config", `${list}.none`)).toThrow("expected JSON, got: ENOENT");
  });
});

test("every command has help for its options, and examples that are understood", () => {
  for (const command of COMMANDS) {
    expect(new Set(command.options).size).toBe(command.options.length);
    for (const example of command.examples.filter((one) => !one.includes("--config"))) {
      const asked = ask(...example.split(" ").filter((word) => word !== ""));
      expect([command.name, "train"], example).toContain(asked.command.name);
    }
  }
});

test("every preset is a consistent one", () => {
  for (const preset of Object.keys(PRESETS)) {
    expect(resolveSettings({ preset, weights: "x.safetensors" }).preset).toBe(preset);
  }
});

test("a run is not gone on with under another augmentation; where logits are stored does not matter", () => {
  const saved = resolveSettings({ preset: "tiny", name: "a", viewEpochs: 1, storeLogits: "here" });
  expect(() =>
    resumeSettings(saved, { resume: "a", augment: "deit", mixup: 0.8, storeLogits: "there" }),
  ).toThrow(
    new UsageError("--store-logits: expected pictures that come again, got ones that are mixed anew"),
  );
  expect(() => resumeSettings(saved, { resume: "a", augment: "deit", repeats: 3 })).toThrow(
    new UsageError(
      "--resume: expected the settings of the run, got others: --augment was keras, is deit; --repeats was 1, is 3",
    ),
  );
  expect(resumeSettings(saved, { resume: "a", storeLogits: "there" }).storeLogits).toBe("there");
});
