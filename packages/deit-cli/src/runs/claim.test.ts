import { emptyFolder } from "test-kit";
import { expect, test } from "vitest";
import { UsageError } from "../process/usage-error.ts";
import { claim } from "./claim.ts";

test("a run's folder is one training's until it is given back", async () => {
  const folder = await emptyFolder();
  const release = await claim(folder);
  await expect(claim(folder)).rejects.toThrow(UsageError);
  await expect(claim(folder)).rejects.toThrow(
    `--resume: expected a run that is not being trained, got '${folder}', which another process trains`,
  );
  await release();
  await (await claim(folder))();
});
