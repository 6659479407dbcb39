import { expect, test } from "vitest";
import { parseCommandLine } from "../cli.ts";
import { leavesOf } from "../options/edits.ts";
import { resolveSettings } from "../settings/resolve-settings.ts";
import { trainingCommand } from "./training-command.ts";

const settingsOf = (line: string) => {
  const words = line
    .replace("npx pnpm@12 start ", "")
    .match(/'[^']*'|\S+/g)!
    .map((word) => word.replaceAll("'", ""));
  return resolveSettings(parseCommandLine(["node", "deit-cli", ...words]).edits);
};

test.each([
  "train",
  "train --preset quick --data photos",
  "train --data photos --epochs 3 --seed 7 --students all --alpha 0.5 --temperature 2 --distillation soft",
  "train --preset deit --data photos --mixup 0 --repeats 2 --ema-decay 0.99 --clip-norm 1 --augment crop",
  "train --loss focal --focal-gamma 1.5 --class-weights daisy=2,tulips=0.5 --sampling balanced",
  "train --optimizer lion --learning-rate 3e-4 --warmup-steps 10 --normalization imagenet --evaluation-crop 0.9",
  "train --hints off --keep-best --patience 3 --data-seed 9 --count 500",
  "train --hints blocks.0:blocks.1 --hint-weight 3 --init-values 1e-5 --reg-tokens 2",
])("the command of '%s' has the settings of its run", (line) => {
  const settings = settingsOf(line);
  const command = trainingCommand(settings);
  expect(command).toMatch(/^npx pnpm@12 start train --preset \w+/);
  const { "run.name": _, ...own } = leavesOf(settings);
  const { "run.name": __, ...again } = leavesOf(settingsOf(command));
  expect(again).toEqual(own);
});

test("names the last part of a path only", () => {
  const command = trainingCommand(
    settingsOf("train --data /home/me/photos --labels-file /home/me/labels.csv"),
  );
  expect(command).toBe("npx pnpm@12 start train --preset photos --data photos --labels-file labels.csv");
});

test.each([
  ["/home/me/tiny.safetensors", "tiny.safetensors"],
  ["../weights/tiny.safetensors", "tiny.safetensors"],
  ["timm/deit_tiny_patch16_224.fb_in1k", "timm/deit_tiny_patch16_224.fb_in1k"],
  ["hf:facebook/deit-tiny-patch16-224", "hf:facebook/deit-tiny-patch16-224"],
])("of the weights %s shows %s", (weights, shown) => {
  const command = trainingCommand(settingsOf(`train --data photos --weights ${weights}`));
  expect(command).toBe(`npx pnpm@12 start train --preset photos --data photos --weights ${shown}`);
});
