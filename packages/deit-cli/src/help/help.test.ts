import { describe, expect, test } from "vitest";
import { COMMANDS } from "../cli.ts";
import { kebab } from "../options/kebab.ts";
import { OPTION_NAMES, optionOf } from "../options/option-table.ts";
import { PRESETS } from "../settings/presets.ts";
import { askedHelp } from "./asked-help.ts";
import { groupOf } from "./option-group.ts";
import { presetValue } from "./preset-value.ts";

const help = (line: string, columns = 80): string => askedHelp(line.split(" ").filter(Boolean), columns)!;
/** The lines that name an option. */
const optionsIn = (text: string): string[] =>
  [...text.matchAll(/^ {2}--([a-z\d-]+)/gm)].map(([, name]) => name!);

test("is only for those who ask", () => {
  expect(askedHelp([], 80)).toBeUndefined();
  expect(askedHelp(["train", "--epochs", "3"], 80)).toBeUndefined();
  expect(help("help train")).toBe(help("train --help"));
  expect(help("help train")).toBe(help("train -h"));
  expect(help("help")).toBe(help("--help"));
  expect(help("--version")).toMatch(/^deit-cli \d+\.\d+\.\d+, Node \d+\.\d+\.\d+, \w+ \w+\n$/);
  expect(() => help("help trian")).toThrow("help: expected a command (train, ");
  expect(() => help("help trian")).toThrow("got 'trian'; did you mean 'train'?");
  for (const line of ["train --help --preset dmeo", "train --help --preset"])
    expect(() => help(line)).toThrow("--preset: expected one of ");
  expect(() => help("help train predict")).toThrow("help: expected one command, got 'train' and 'predict'");
  expect(() => help("--version --json")).toThrow("--version: expected nothing after it, got '--json'");
});

test.each(COMMANDS.map((command) => [command.name, command] as const))(
  "%s: each of its options once, by group",
  (name, { options, examples }) => {
    const text = help(`help ${name}`);
    expect(optionsIn(text).sort()).toEqual(options.map(kebab).sort());
    for (const example of examples) expect(text).toContain(`  npx pnpm@12 start ${example}`.trimEnd());
  },
);

test("the overview names all commands and presets", () => {
  const text = help("--help");
  for (const { name, what } of COMMANDS)
    expect(text).toMatch(new RegExp(`^  ${name}.*  ${what.slice(0, 20)}`, "m"));
  for (const name of Object.keys(PRESETS)) expect(text).toMatch(new RegExp(`^  ${name}  +\\S`, "m"));
  expect(text.match(/^[A-Z]\w*$/gm)).toEqual([
    ...["Usage", "Commands", "Data", "Students", "Teacher", "Training", "Augmentation", "Run", "Machine"],
  ]);
});

test.each([
  [60, 60],
  [80, 80],
  [300, 100],
  [10, 60],
])("in %i columns no line of prose is longer than %i", (columns, most) => {
  for (const topic of ["", ...COMMANDS.map(({ name }) => name)]) {
    const lines = help(`help ${topic}`, columns).split("\n");
    const prose = lines.filter((line) => !line.startsWith("  npx")); // a command to copy stays in one line
    expect(Math.max(...prose.map((line) => line.length))).toBeLessThanOrEqual(most);
  }
});

describe("values of a preset", () => {
  test("are shown beside the place in the settings", () => {
    expect(help("help train")).toContain("Epochs of each student [recipe.epochs: 12]");
    expect(help("help train --preset deit")).toContain("Epochs of each student [recipe.epochs: 300]");
    expect(help("train --preset=deit -h")).toMatch(/preset 'deit'/);
    expect(help("train --download --help")).toContain("preset 'photos'");
    expect(help("help evaluate")).not.toContain("[run.backend: auto]"); // the run's
  });

  test("are what one would type", () => {
    const { demo, deit, patient, finetune } = PRESETS as Required<typeof PRESETS>;
    expect(presetValue("hints", demo!)).toBe("auto");
    expect(presetValue("hints", deit!)).toBe("off");
    expect(presetValue("distillation", demo!)).toBe("hard");
    expect(presetValue("distillation", patient!)).toBe("soft"); // of another temperature than the option's
    expect(presetValue("temperature", patient!)).toBe("5");
    expect(presetValue("evaluationCrop", finetune!)).toBe("0.875");
    expect(presetValue("evaluationCrop", demo!)).toBe("1");
    expect(presetValue("augment", finetune!)).toBe("crop");
    expect(presetValue("emaDecay", demo!)).toBe("0");
    expect(presetValue("warmupSteps", demo!)).toBeUndefined();
    expect(presetValue("keepBest", demo!)).toBeUndefined();
  });
});

test("an option's group follows from its place in the settings", () => {
  expect(groupOf("workers")).toBe("Machine");
  expect(groupOf("labels")).toBe("Data");
  expect(groupOf("teacherEpochs")).toBe("Teacher");
  expect(groupOf("mixup")).toBe("Augmentation");
  expect(groupOf("warmupSteps")).toBe("Training");
  expect(groupOf("students")).toBe("Students");
  for (const name of OPTION_NAMES)
    expect([name, optionOf(name).help]).not.toContainEqual(expect.stringMatching(/\.$/));
});
