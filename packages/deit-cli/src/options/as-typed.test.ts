import { expect, test } from "vitest";
import { parseCommandLine } from "../cli.ts";

const parsed = (...words: string[]) => parseCommandLine(["node", "deit-cli", ...words]);

test("texts that look like numbers stay as they are typed", () => {
  const { edits } = parsed("train", "--name", "1.10", "--out=007", "--labelsFile", "1e3", "--epochs", "1e1");
  expect(edits).toEqual({
    "run.name": "1.10",
    "run.out": "007",
    "data.labelsFile": "1e3",
    "recipe.epochs": 10,
  });
  expect(parsed("predict", "0x10", "--output", "0x10").use.output).toBe("0x10");
});

test.each([
  [["--data", ""], "--data: expected a value, got ''"],
  [["--epochs", ""], "--epochs: expected a value, got ''"],
  [["--val-data", "", "--epochs", "2"], "--val-data: expected a value, got ''"],
  [["--data", "a", "--data", "b"], "--data: expected it once, got it 2 times"],
  [["--json", "--json"], "--json: expected it once, got it 2 times"],
])("%j is refused", (words, message) => {
  expect(() => parsed("predict", "a.jpg", ...words)).toThrow(message);
  if (words[0] !== "--json") expect(() => parsed("train", ...words)).toThrow(message);
});
