// A public function that is called with nothing, or with the wrong type, says so in its own name.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicPackages } from "../scripts/packages.ts";

/** What the engine says of a value that nothing has checked. */
const RAW =
  /Cannot (read|set|destructure|convert|use)|is not (iterable|a function|a constructor)|undefined is not|Cannot mix|reading '|'in' operator|invalid array length/i;
/** Packages whose arguments are the kernels' own, the program, and what every package calls with checked values. */
const NOT_FOR_USERS = [
  "kernel-contract",
  "tfjs-backends",
  "wasm-kernels",
  "webgpu-kernels",
  "deit-cli",
  "known-options",
  "masked-crc32c",
];
/** Helpers that a package exports for another one, which has checked their arguments. */
const EXEMPT =
  /^(requireRange|elements|listed|quoted|notFinite|requireSameShape|tidyOutcome|checkedBatches|checkedShards|batchesPerEpoch|disposeMicroBatch|pickRows|rowsOfBatch|toMicroBatch|OtherRunError)$/;
/** Presets, which create a whole model from no options, such as none. */
const PRESETS = /^(deit(Tiny|Small|Base)\w*|deit3\w+|vitSmallReg4)$/;
const ARGUMENTS: readonly (readonly unknown[])[] = [
  [],
  [{}],
  ["a string"],
  [null],
  [{}, {}],
  ["a", "b", "c"],
];

const folder = mkdtempSync(join(tmpdir(), "wrong-arguments-"));
const before = process.cwd();
beforeAll(async () => {
  await startBackend("cpu");
  process.chdir(folder); // of functions that write where their argument says
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

async function complaint(exported: unknown, args: readonly unknown[]): Promise<string | undefined> {
  try {
    const isClass = /^class\b/.test(Function.prototype.toString.call(exported));
    const result = isClass
      ? new (exported as new (...args: unknown[]) => unknown)(...args)
      : (exported as (...args: unknown[]) => unknown)(...args);
    await (Symbol.asyncIterator in Object(result) ? (result as AsyncGenerator).next() : result);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

const files = publicPackages()
  .filter(({ manifest }) => !NOT_FOR_USERS.includes(manifest.name))
  .flatMap(({ folder, manifest }) =>
    Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === "string" ? [] : [[manifest.name, join(folder, entry["@deit/source"]!)] as const],
    ),
  );

describe("called with nothing or with the wrong type, an error of its own comes from", () => {
  test.each(files)("all of %s (%s)", async (_, file) => {
    const module = (await import(file)) as Record<string, unknown>;
    const raw: string[] = [];
    for (const [name, exported] of Object.entries(module)) {
      if (typeof exported !== "function" || EXEMPT.test(name)) continue;
      for (const args of ARGUMENTS) {
        if (PRESETS.test(name) && typeof (args[0] ?? {}) === "object") continue;
        const tensors = tf.memory().numTensors;
        const error = await complaint(exported, args);
        if (error !== undefined && RAW.test(error))
          raw.push(`${name}(${JSON.stringify(args).slice(1, -1)}): ${error}`);
        else if (error !== undefined && tf.memory().numTensors > tensors) raw.push(`${name}: leaves tensors`);
      }
    }
    expect(raw).toEqual([]);
  });
});
