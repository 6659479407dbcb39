import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";

const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const INDEX = pathToFileURL(fileURLToPath(new URL("./index.ts", import.meta.url))).href;

/** Runs a program that imports this package before tfjs-core, as a process of its own. */
function program(body: string): Promise<{ code: number; out: string; err: string }> {
  const source = `import { startBackend } from ${JSON.stringify(INDEX)};
import * as tf from "@tensorflow/tfjs-core";
${body}`;
  const args = ["--conditions=@deit/source", "--import", TSX, "--input-type=module", "--eval", source];
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

test("tensors are whole ones also where tfjs-core is imported after this package", async () => {
  const { out, err } = await program(`
    await startBackend("cpu");
    const x = tf.tensor1d([1, 2]);
    console.log(x.clone().toString().includes("[1, 2]"), x instanceof tf.Tensor);
    console.log(tf.grad((v) => tf.sum(tf.square(v)))(x).dataSync().join());`);
  expect(err).toBe("");
  expect(out).toBe("true true\n2,4\n");
});

test("an uncaught error of the program is not printed as a page of WebAssembly glue", async () => {
  const { code, err } = await program(`
    await startBackend("wasm");
    throw new Error("mine");`);
  expect(code).toBe(1);
  expect(err).toContain("mine");
  expect(err.length).toBeLessThan(2000);
});
