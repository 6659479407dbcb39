import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { emptyFolder } from "test-kit";
import { expect, test } from "vitest";
import { settingsOf } from "../../test/workspace.ts";
import { requirePaths } from "./require-paths.ts";

const wrong = (options: Readonly<Record<string, unknown>>, message: string | RegExp): void =>
  expect(() => requirePaths(settingsOf({ preset: "tiny", ...options })), String(message)).toThrow(message);

test("what a run reads must exist, and what it writes must be possible", async () => {
  const folder = await emptyFolder();
  const [none, file] = [join(folder, "none"), join(folder, "file")];
  await writeFile(file, "");
  const out = join(folder, "runs", "deep");
  requirePaths(settingsOf({ preset: "tiny", out, name: "x" }));
  requirePaths(settingsOf({ preset: "tiny", out, name: "x", weights: "facebook/deit-tiny-patch16-224" }));
  wrong(
    { out, data: none },
    `--data: expected an archive or a folder of pictures, got '${none}', which does`,
  );
  wrong(
    { out, data: folder, unlabeled: none },
    `--unlabeled: expected an archive or a folder of pictures, got '${none}'`,
  );
  wrong(
    { out, data: folder, labelsFile: folder },
    `--labels-file: expected a CSV or JSON lines file, got the folder '${folder}'`,
  );
  wrong(
    { out, teacher: none },
    /--teacher: expected a saved model \(a Hugging Face folder, .*, got '.*none', which does not exist/,
  );
  wrong(
    { out, weights: `${none}.safetensors` },
    `--weights: expected a file or folder of weights (safetensors, .pth), or a name on the Hugging Face Hub, got`,
  );
  wrong(
    { out, selectFrom: none },
    `--select-from: expected a file or folder of weights (safetensors, .pth), or a name on the Hugging Face Hub, got`,
  );
  wrong(
    { out: join(file, "runs") },
    `--out: expected a folder that can be written to, got '${join(file, "runs")}': ${file}: `,
  );
  wrong({ out: folder, name: "file" }, `--name: expected a new run, got '${file}', which exists`);
  wrong(
    { out, download: true, cache: join(file, "in") },
    "--cache: expected a folder that can be written to",
  );
});
