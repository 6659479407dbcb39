import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DEIT_RECIPE, FINETUNE_RECIPE, KERAS_RECIPE, recipeSchedule } from "distill-trainer";
import { emptyFolder } from "test-kit";
import { cosine } from "tfjs-optim";
import { describe, expect, test } from "vitest";
import { recorder, settingsOf } from "../../test/workspace.ts";
import { COMMANDS, parseCommandLine } from "../cli.ts";
import { trainSettings } from "../commands/train.ts";
import { editsOf } from "../options/edits-of.ts";
import { UsageError } from "../process/usage-error.ts";
import { savedSettings, writeSettings } from "../runs/saved-settings.ts";
import { PRESETS } from "./presets.ts";
import { resumeSettings } from "./resolve-settings.ts";

const ask = (...args: string[]) => parseCommandLine(["node", "deit-cli", ...args]);
const parse = (...args: string[]) => trainSettings(ask(...args).edits);

describe("the command line", () => {
  test("trains the demo without options, and the photos' preset for photos", () => {
    const { what: _, ...demo } = PRESETS.demo!;
    expect(parse()).toMatchObject({ ...demo, run: { ...demo.run, preset: "demo" } });
    const photos = parse("--data", "x.tgz");
    expect(photos).toMatchObject({
      run: { preset: "photos" },
      data: { path: "x.tgz" },
      model: { imageSize: 96 },
    });
    expect(photos.data).not.toHaveProperty("count");
    expect(parse("--download")).toMatchObject({ run: { preset: "photos" }, data: { download: true } });
  });

  test("fits a preset's values to what is given", () => {
    expect(parse("--preset", "quick")).toMatchObject({
      run: { students: "alone" },
      model: { imageSize: 128, weights: "timm/deit_tiny_patch16_224.fb_in1k" },
    });
    expect(parse("--preset", "quick", "--weights", "a.safetensors").model.weights).toBe("a.safetensors");
    expect(parse("--preset", "quick", "--select-from", "b").model).not.toHaveProperty("weights");
    expect(parse("--preset", "quick", "--mimetic").model).not.toHaveProperty("weights");
    expect(parse("--count", "10000").data.heldOut).toBe(1000);
    expect(parse("--count", "20000").data).not.toHaveProperty("heldOut"); // a tenth, 2000
    expect(parse("--data", "a", "--students", "all").recipe).toMatchObject({ alpha: 0.5, hints: {} });
    expect(parse("--data", "a", "--students", "all", "--alpha", "0.7").recipe.alpha).toBe(0.7);
    expect(parse("--data", "a").recipe.alpha).toBe(0);
    expect(() => parse("--data", "a", "--students", "all", "--alpha", "0")).toThrow("got 0");
  });

  test("counts seeds from --seed on, or takes a list", () => {
    expect(parse("--seeds", "3").run).toMatchObject({ seed: 42, seeds: [42, 43, 44] });
    expect(parse("--seeds", "2", "--seed", "7").run).toMatchObject({ seed: 7, seeds: [7, 8] });
    expect(parse("--seeds", "42, 1,2").run).toMatchObject({ seed: 42, seeds: [42, 1, 2] });
    expect(parse().run).not.toHaveProperty("seeds");
  });

  test("lets options replace a preset's values, with names and numbers as they are", () => {
    const { run, recipe } = parse(
      "--preset",
      "tiny",
      "--epochs",
      "7",
      "--drop-path-rate",
      "0.25",
      "--name",
      "7",
    );
    expect(run).toEqual({ ...PRESETS.tiny!.run, preset: "tiny", name: "7" });
    expect(recipe).toEqual({ ...PRESETS.tiny!.recipe, epochs: 7, dropPathRate: 0.25 });
  });

  test("has names for parts of a recipe", () => {
    const recipe = (...args: string[]) => parse("--preset", "deit", ...args).recipe;
    expect(recipe()).toEqual(DEIT_RECIPE);
    const plain = [
      "--augment",
      "keras",
      "--normalization",
      "unit",
      "--evaluation-crop",
      "1",
      "--ema-decay",
      "0",
    ];
    const { normalization: _, emaDecay: __, images, ...rest } = DEIT_RECIPE;
    expect(recipe(...plain)).toEqual({ ...rest, images: { repeats: images.repeats } });
    expect(recipe("--augment", "crop").images.augmentation).toEqual(FINETUNE_RECIPE.images.augmentation);
    expect(recipe("--warmup-steps", "50").warmup).toEqual({ steps: 50, from: 1e-6, mode: "replaces" });
    expect(recipe("--adam-w", "tfa")).toMatchObject({ adamW: "tfa", decays: "all" });
    const { adamW: ___, ...unnamed } = DEIT_RECIPE;
    expect(recipe("--optimizer", "lamb")).toEqual({ ...unnamed, optimizer: "lamb" });
    expect(recipe("--optimizer", "adamw")).toEqual({ ...DEIT_RECIPE, optimizer: "adamw" });
    expect(() => recipe("--optimizer", "lion", "--adam-w", "tfa")).toThrow(
      "adamW must be absent with the optimizer lion, got tfa",
    );
    expect(recipe("--distillation", "soft", "--temperature", "3").distillation).toEqual({
      kind: "soft",
      temperature: 3,
    });
    expect(parse("--mixup", "0.8").recipe.mixing).toEqual({ mixupAlpha: 0.8, cutmixAlpha: 0 });
    expect(parse("--warmup-learning-rate", "1e-6").recipe.warmup).toEqual({
      ...{ epochs: 1, from: 1e-6, mode: "replaces" },
    });
  });

  test.each([
    [["--preset", "huge"], `--preset: expected one of ${Object.keys(PRESETS).join(", ")}, got 'huge'`],
    [["--bogus", "3"], "train: unknown option '--bogus' (see --help)"],
    [
      ["--preset", "demmo"],
      `--preset: expected one of ${Object.keys(PRESETS).join(", ")}, got 'demmo'; did you mean 'demo'?`,
    ],
    [["--epoch", "3"], "train: unknown option '--epoch'; did you mean '--epochs'? (see --help)"],
    [
      ["train", "--droppath", "0"],
      "train: unknown option '--droppath'; did you mean '--drop-path-rate'? (see --help)",
    ],
    [
      ["trian"],
      "expected a command (train, evaluate, predict, embed, calibrate, export, teacher, report, attention, data), got 'trian'; did you mean 'train'?",
    ],
    [["train", "x"], "train: expected options only, got 'x' (see --help)"],
    [["predict"], "predict: expected photos, got none (see --help)"],
    [["evaluate", "a", "b"], "evaluate: expected one run, got 2 (see --help)"],
    [["predict", "a.jpg", "--epochs", "3"], "predict: unknown option '--epochs' (see --help)"],
    [["--epochs"], "option `--epochs <value>` value is missing (see --help)"],
    [["--epochs", "many"], "--epochs: recipe.epochs must be an integer >= 1, got 'many'"],
    [["--epochs", "2.5"], "--epochs: recipe.epochs must be an integer >= 1, got 2.5"],
    [["--epochs", "1", "--epochs", "2"], "--epochs: expected it once, got it 2 times"],
    [["--epochs", "0"], "--epochs: recipe.epochs must be an integer >= 1, got 0"],
    [["--alpha", "2"], "--alpha: recipe.alpha must be in [0, 1], got 2"],
    [
      ["--alpha", "0"],
      "--alpha: expected a number above 0, as in --alpha 0.5, since the answers of the teacher teach, got 0",
    ],
    [
      ["--preset", "tiny", "--alpha", "0"],
      "--alpha: expected a number above 0, as in --alpha 0.5, since the answers of the teacher teach, got 0 without --hints",
    ],
    [["--drop-path-rate", "1"], "--drop-path-rate: recipe.dropPathRate must be in [0, 1), got 1"],
    [["--name", "a/b"], "--name: run.name must be letters, digits, dots, dashes and underscores, got 'a/b'"],
    [
      ["--backend", "cuda"],
      '--backend: run.backend must be "auto" or "tensorflow" or "webgpu" or "wasm" or "cpu", got \'cuda\'',
    ],
    [["--patch-size", "7"], "--patch-size: model.patchSize must divide the image 48x48, got 7"],
    [["--patch-drop-rate", "1"], "--patch-drop-rate: model.patchDropRate must be in [0, 1), got 1"],
    [["--reg-tokens", "-1"], "--reg-tokens: model.regTokens must be an integer >= 0, got -1"],
    [["--heads", "7"], "--heads: model.heads must divide dim 96 where no headDim is given, got 7"],
    [
      ["--mlp-ratio", "0.3"],
      "model: hiddenDim, dim times mlpRatio, must be an integer, got 28.799999999999997",
    ],
    [
      ["--warmup-epochs", "13"],
      "--warmup-epochs: recipe.warmup.epochs must be at most recipe.epochs, 12, got 13",
    ],
    [["--temperature", "2"], "--temperature: recipe.distillation: unknown option 'temperature'; known: kind"],
    [
      ["--preset", "tiny", "--held-out", "9"],
      "--held-out: data.heldOut must be at least a tenth of data.count, 10, got 9",
    ],
    [["--folds", "1"], "--folds: data.folds must be an integer >= 2, got 1"],
    [
      ["--seeds", "0"],
      "--seeds: run.seeds must be a number of seeds in [1, 1000], or a list of different integers in [0, 2^32), got 0",
    ],
    [
      ["--seeds", "1,1"],
      "--seeds: run.seeds must be a number of seeds in [1, 1000], or a list of different integers in [0, 2^32), got [1,1]",
    ],
    [
      ["--seeds", "1,x"],
      '--seeds: run.seeds must be a number of seeds in [1, 1000], or a list of different integers in [0, 2^32), got [1,"x"]',
    ],
    [["--patience", "0"], "--patience: run.patience must be an integer >= 1, got 0"],
    [["--count", "3"], "--count: data.count must be an integer >= 50, got 3"],
    [["--workers", "99"], "--workers: data.workers must be an integer in [1, 32], got 99"],
    [["--augment", "much"], "--augment: expected one of keras, deit, deit3, crop, none, got 'much'"],
    [
      ["--evaluation-crop", "0"],
      "--evaluation-crop: recipe.images.centerCrop.ratio must be in (0, 1], got 0",
    ],
    [["--preset", "finetune"], "--weights: expected a safetensors file to start from, got none"],
    [["--store-logits", "x"], "--store-logits: expected --students both, alone or distilled, got all"],
    [
      ["--store-logits", "x", "--students", "both"],
      "--store-logits: expected --hints off, since the teacher runs on every batch for them, got hints",
    ],
    [
      ["--store-logits", "x", "--students", "both", "--hints", "off"],
      "--store-logits: expected --view-epochs with it, without which no view repeats, got none",
    ],
    [
      ["--store-logits", "x", "--students", "both", "--hints", "off", "--view-epochs", "1", "--mixup", "0.8"],
      "--store-logits: expected views that repeat, got MixUp or CutMix, which mix them differently each time",
    ],
    [
      ["--preset", "photos", "--distillation", "soft"],
      "--distillation: expected --alpha above 0 with it, as the answers of the teacher teach, got --alpha 0",
    ],
    [
      ["--data", "a", "--hints", "off"],
      "--alpha: expected a number above 0, as in --alpha 0.5, since the answers of the teacher teach, got 0 without --hints",
    ],
    [["--data", "a", "--held-out", "9"], "--held-out: expected drawn flowers with it, got --data"],
    [["data", "--download", "--count", "90"], "--count: expected drawn flowers with it, got --download"],
    [
      ["evaluate", "run", "--data", "a", "--data-seed", "1"],
      "--data-seed: expected drawn flowers with it, got --data",
    ],
    [
      ["--count", "20000", "--held-out", "1000"],
      "--held-out: data.heldOut must be at least a tenth of data.count, 2000, got 1000",
    ],
    [["--data", "a", "--download"], "--data and --download: expected one of the two, got both"],
    [
      ["--warmup-steps", "5", "--warmup-epochs", "1"],
      "--warmup-steps and --warmup-epochs: expected one of the two, got both",
    ],
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

  test("has settings in their groups; the command line takes precedence", async () => {
    const settings = { run: { preset: "tiny" }, recipe: { epochs: 7, dropPathRate: 0.25 } };
    const { recipe } = parse("--config", await configOf(JSON.stringify(settings)), "--epochs", "3");
    expect(recipe).toEqual({ ...PRESETS.tiny!.recipe, epochs: 3, dropPathRate: 0.25 });
  });

  test("has a list of seeds, which --seed replaces, as well as --seeds", async () => {
    const file = await configOf(JSON.stringify({ run: { preset: "tiny", seed: 42, seeds: [42, 7] } }));
    expect(parse("--config", file).run.seeds).toEqual([42, 7]);
    const { run } = parse("--config", file, "--seed", "9");
    expect(run.seed).toBe(9);
    expect(run).not.toHaveProperty("seeds");
    expect(parse("--config", file, "--seed", "9", "--seeds", "2").run.seeds).toEqual([9, 10]);
  });

  test("has an optimizer, which replaces the preset's AdamW as --optimizer does, and both the file's", async () => {
    const { adamW: _, ...unnamed } = DEIT_RECIPE;
    const recipe = async (preset: string, own: object, ...more: string[]) =>
      parse("--config", await configOf(JSON.stringify({ run: { preset }, recipe: own })), ...more).recipe;
    expect(await recipe("deit", { optimizer: "lamb" })).toEqual({ ...unnamed, optimizer: "lamb" });
    expect(await recipe("keras", { optimizer: "lamb" })).toEqual(
      parse("--preset", "keras", "--optimizer", "lamb").recipe,
    );
    expect(await recipe("keras", { optimizer: "lamb", decays: "all" })).toMatchObject({ decays: "all" });
    expect(await recipe("deit", { optimizer: "adamw" })).toEqual({ ...DEIT_RECIPE, optimizer: "adamw" });
    expect(await recipe("deit", { optimizer: null })).toEqual(DEIT_RECIPE);
    expect(await recipe("deit", { adamW: "keras" }, "--optimizer", "lion")).toEqual({
      ...unnamed,
      optimizer: "lion",
    });
    await expect(recipe("deit", { optimizer: "lamb", adamW: "keras" })).rejects.toThrow(
      "adamW must be absent with the optimizer lamb, got keras",
    );
  });

  test("has one fold for one seed only", async () => {
    const file = await configOf(JSON.stringify({ data: { folds: 5, fold: 2 } }));
    expect(parse("--config", file).data).toMatchObject({ folds: 5, fold: 2 });
    expect(() => parse("--config", file, "--seeds", "2")).toThrow(
      new UsageError(
        "--seeds: expected one seed for one fold, or no data.fold for all folds, got data.fold 2",
      ),
    );
  });

  test("has photos, for which an option of drawn flowers is refused; its own count has no effect", async () => {
    const photos = await configOf(JSON.stringify({ data: { path: "photos" } }));
    expect(() => parse("--config", photos, "--count", "90")).toThrow(
      new UsageError("--count: expected drawn flowers with it, got --data"),
    );
    const drawn = await configOf(JSON.stringify({ data: { count: 90 } }));
    expect(parse("--config", drawn, "--data", "photos").data).not.toHaveProperty("count");
  });

  test("has null for what only the preset has", async () => {
    const settings = {
      run: { preset: "deit" },
      recipe: { mixing: null, warmup: { epochs: null, steps: 50 } },
    };
    const { recipe } = parse("--config", await configOf(JSON.stringify(settings)));
    const { mixing: _, warmup, ...rest } = DEIT_RECIPE;
    expect(recipe).toEqual({ ...rest, warmup: { from: warmup!.from, mode: warmup!.mode, steps: 50 } });
    const both = await configOf(
      JSON.stringify({ run: { preset: "deit" }, recipe: { warmup: { steps: 50 } } }),
    );
    expect(() => parse("--config", both)).toThrow(
      new UsageError("recipe.warmup must have epochs or steps, got both"),
    );
  });

  test.each([
    [{ name: null }, "--name: run.name must be letters, digits, dots, dashes and underscores, got undefined"],
    [{ name: ["a"] }, /^--name: run\.name must be letters, digits, dots, dashes and underscores, got /],
    [{ preset: ["tiny"] }, /^--preset: expected one of demo, .*, got '\["tiny"\]'/],
  ])("is refused with %j", async (run, message) => {
    const file = await configOf(JSON.stringify({ run }));
    expect(() => parse("--config", file)).toThrow(message);
  });

  test("of a run has a preset, or is refused", async () => {
    const folder = await emptyFolder();
    await writeFile(join(folder, "settings.json"), "{}");
    expect(() => savedSettings(folder)).toThrow(
      new UsageError(
        `--resume: expected a run's settings, with run.preset, in ${join(folder, "settings.json")}, got none`,
      ),
    );
  });

  test("may be a run's settings.json, whatever the preset and the options", async () => {
    const changes = [
      "--augment",
      "keras",
      "--evaluation-crop",
      "1",
      "--normalization",
      "unit",
      "--clip-norm",
      "0",
    ];
    for (const preset of Object.keys(PRESETS)) {
      for (const more of [[], changes, ["--augment", "deit", "--repeats", "3", "--data", "photos"]]) {
        const settings = parse("--preset", preset, "--weights", "x.safetensors", "--name", "a", ...more);
        const folder = await emptyFolder();
        await writeSettings(folder, settings);
        expect(parse("train", "--config", join(folder, "settings.json"))).toEqual(settings);
      }
    }
  });

  test("is refused where a setting is unknown, a value wrong or the text not an object", async () => {
    const unknown = await configOf(JSON.stringify({ recipe: { epoch: 1 } }));
    expect(() => parse("--config", unknown)).toThrow(
      /^recipe: unknown option 'epoch'; did you mean 'epochs'\?; known: /,
    );
    const flat = await configOf(JSON.stringify({ epochs: 1, color: 2 }));
    expect(() => ask("--config", flat)).toThrow(
      new UsageError(
        `--config: ${flat}: expected settings of this command only, got 'epochs'; did you mean 'recipe.epochs'?, 'color'`,
      ),
    );
    const training = await configOf(JSON.stringify({ recipe: { epochs: 1 } }));
    expect(() => ask("data", "--config", training)).toThrow("got 'recipe.epochs'");
    const wrong = await configOf(JSON.stringify({ recipe: { epochs: "many" } }));
    expect(() => parse("--config", wrong)).toThrow("recipe.epochs must be an integer >= 1, got 'many'");
    const list = await configOf("[]");
    expect(() => ask("--config", list)).toThrow(`${list}: expected an object of settings, got []`);
    expect(() => ask("--config", `${list}.none`)).toThrow("expected JSON, got: ENOENT");
  });
});

test("every command has help for its options, and examples that are understood", () => {
  for (const command of COMMANDS) {
    expect(new Set(command.options).size).toBe(command.options.length);
    for (const example of command.examples.filter((one) => !one.includes("--config"))) {
      const parsed = ask(...example.split(" ").filter((word) => word !== ""));
      expect([command.name, "train"], example).toContain(parsed.command.name);
    }
  }
});

test("every preset is consistent", () => {
  for (const preset of Object.keys(PRESETS))
    expect(settingsOf({ preset, weights: "x.safetensors" }).run.preset).toBe(preset);
});

describe("learning rates", () => {
  const rates = (preset: string, stepsPerEpoch: number) => {
    const { recipe } = settingsOf({ preset, weights: "x.safetensors" });
    const rate = recipeSchedule(recipe, stepsPerEpoch);
    return Array.from({ length: Math.min(2000, recipe.epochs * stepsPerEpoch) }, (_, step) => rate(step));
  };

  test("of the demo rise for an epoch, then fall along a cosine", () => {
    const expected = cosine({ base: 1e-3, totalSteps: 12 * 85, warmupSteps: 85 });
    expect(rates("demo", 85)).toEqual(Array.from({ length: 12 * 85 }, (_, step) => expected(step)));
  });

  test.each([
    ["keras", KERAS_RECIPE],
    ["deit", DEIT_RECIPE],
    ["finetune", FINETUNE_RECIPE],
  ])("of the preset %s are the recipe's, on any number of pictures", (preset, recipe) => {
    for (const stepsPerEpoch of [4, 104]) {
      const expected = recipeSchedule(recipe, stepsPerEpoch);
      rates(preset, stepsPerEpoch).forEach((rate, step) => {
        expect(rate).toBe(expected(step));
      });
    }
  });
});

test("a run of photos is neither resumed nor evaluated with options of drawn flowers", async () => {
  const folder = await emptyFolder();
  await writeSettings(folder, settingsOf({ preset: "tiny", data: "photos", name: "a" }));
  await mkdir(join(folder, "teacher"));
  expect(() => parse("--resume", folder, "--count", "90")).toThrow(
    new UsageError("--count: expected drawn flowers with it, got --data"),
  );
  const { command, ...call } = ask("evaluate", folder, "--held-out", "90");
  await expect(command.run({ ...call, output: recorder() })).rejects.toThrow(
    new UsageError("--held-out: expected drawn flowers with it, got --data"),
  );
});

test("a run is not resumed under another augmentation; where logits are stored does not matter", () => {
  const saved = editsOf({ preset: "tiny", name: "a", viewEpochs: 1, storeLogits: "here" });
  const resumed = (options: object) => resumeSettings(saved, editsOf({ resume: "a", ...options }));
  expect(() => resumed({ augment: "deit", mixup: 0.8, storeLogits: "there" })).toThrow(
    new UsageError(
      "--store-logits: expected views that repeat, got MixUp or CutMix, which mix them differently each time",
    ),
  );
  expect(() => resumed({ augment: "none", repeats: 3 })).toThrow(
    new UsageError(
      "--resume: expected the settings of the run, got others: " +
        "recipe.images.augmentation.crop.scale was none, is [1,1]; recipe.images.augmentation.flip was none, is 0; " +
        "recipe.images.repeats was none, is 3",
    ),
  );
  expect(resumed({ storeLogits: "there" }).run.storeLogits).toBe("there");
});
