import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { takeSwiftShader } from "test-kit/backends";
import { describe, expect, test } from "vitest";

takeSwiftShader();

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
    execFile(process.execPath, args, { cwd, timeout: 50_000 }, (error, out, err) => {
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

const adapter = await program(`console.log((await startBackend("webgpu")).detail);`);

describe.skipIf(adapter.code !== 0)("WebGPU in Node (skipped without an adapter)", () => {
  test("names its adapter, trains, and lets the process end", async () => {
    const { code, out } = await program(`
      const { detail } = await startBackend("webgpu");
      const w = tf.variable(tf.ones([40, 40]));
      const optimizer = tf.train.sgd(0.5);
      for (let i = 0; i < 3; i++) optimizer.minimize(() => tf.mean(tf.square(tf.matMul(w, tf.ones([40, 40])))), false, [w]);
      console.log((await w.data())[0] < 1, detail);`);
    expect(code).toBe(0);
    expect(out).toBe(`true ${adapter.out}`);
  });

  test("starts by tf.setBackend too, with gradients registered", async () => {
    const { out } = await program(`
      console.log(await tf.setBackend("webgpu"), tf.getBackend());
      console.log((await tf.grad((x) => tf.square(x))(tf.scalar(3)).data())[0]);`);
    expect(out).toBe("true webgpu\n6\n");
  });

  test("what goes up reaches the ops that follow, though buffers are used again before anything is read", async () => {
    const { out } = await program(`
      await startBackend("webgpu");
      const read = [];
      for (let i = 0; i < 40; i++) {
        const y = tf.tidy(() => tf.add(tf.tensor1d(new Array(2000).fill(i)), tf.cast(tf.tensor1d([i], "int32"), "float32")));
        read.push(tf.tidy(() => tf.mean(tf.mul(y, tf.where(tf.tensor1d([true], "bool"), y, tf.zeros([2000]))))));
        y.dispose();
      }
      const means = await Promise.all(read.map(async (y) => Math.round((await y.data())[0])));
      console.log(means.every((mean, i) => mean === 4 * i * i), tf.memory().numTensors);`);
    expect(out).toBe("true 40\n");
  });

  test("a tensor that does not fit is an error; those made before are good", async () => {
    const { out } = await program(`
      await startBackend("webgpu");
      const kept = tf.add(tf.ones([2000]), 1);
      const side = Math.ceil(Math.sqrt(tf.backend().device.limits.maxBufferSize / 4)) + 1;
      try { tf.add(tf.zeros([side, side]), 1); } catch (error) { console.log(error.message.replace(/\\d+/g, "N")); }
      console.log((await kept.data())[1999], (await tf.add(kept, 1).data())[0]);`);
    expect(out).toBe("webgpu: out of memory: N bytes in one tensor, N fit\n2 3\n");
  });

  test("after the device is lost ops and reads throw, and startBackend starts another", async () => {
    const { out } = await program(`
      await startBackend("webgpu");
      const x = tf.add(tf.ones([2000]), 1);
      tf.backend().device.destroy();
      const said = (error) => console.log(error.message.split(" (")[0]);
      await x.data().catch(said);
      try { tf.add(x, 1); } catch (error) { said(error); }
      await startBackend("webgpu");
      console.log((await tf.add(tf.ones([2000]), 1).data())[0]);`);
    expect(out).toBe("webgpu: the device was lost\nwebgpu: the device was lost\n2\n");
  });

  test("a software adapter is not taken by auto while WebAssembly is there", async () => {
    const { out } = await program(`
      const { name, reason } = await startBackend("auto");
      console.log(name, reason);`);
    if (adapter.out.includes("software")) {
      expect(out).toMatch(/^wasm .*webgpu: backend 'webgpu' expected a hardware adapter, found/);
    } else {
      expect(out).toMatch(/^(webgpu|tensorflow) /);
    }
  });
});
