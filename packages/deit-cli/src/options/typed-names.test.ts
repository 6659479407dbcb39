import { expect, test } from "vitest";
import { parseCommandLine } from "../cli.ts";
import { OPTION_NAMES } from "./option-table.ts";
import { typedName } from "./typed-names.ts";

const error = (...args: string[]): string => {
  try {
    parseCommandLine(["node", "deit-cli", ...args]);
  } catch (cause) {
    return (cause as Error).message;
  }
  return "";
};

test.each([
  ["--lr", "--learning-rate"],
  ["--wd", "--weight-decay"],
  ["--bs", "--batch-size"],
  ["--batch", "--batch-size"],
  ["--img-size", "--image-size"],
  ["--imgsz", "--image-size"],
  ["--epoch", "--epochs"],
  ["--num_train_epochs", "--epochs"],
  ["--model-name", "--weights"],
  ["--output-dir", "--out"],
  ["--output_dir", "--out"],
  ["--gpu", "--backend"],
  ["--device", "--backend"],
  ["--amp", "--precision"],
  ["--dataset", "--data"],
  ["--smoothing", "--label-smoothing"],
  ["--learning-rat", "--learning-rate"],
])("%s: did you mean %s?", (typed, option) => {
  expect(error("train", typed, "1")).toBe(
    `train: unknown option '${typed}'; did you mean '${option}'? (see --help)`,
  );
});

test("only options that the command has are suggested, and a letter keeps its one dash", () => {
  expect(error("predict", "a.jpg", "--lr", "1")).not.toContain("learning-rate");
  expect(error("train", "-e", "3")).toBe("train: unknown option '-e'; did you mean '--epochs'? (see --help)");
  expect(typedName("constructor", OPTION_NAMES)).toBeUndefined();
});
