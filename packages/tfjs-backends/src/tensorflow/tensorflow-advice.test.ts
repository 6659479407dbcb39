import { expect, test } from "vitest";
import { tensorFlowAdvice } from "./tensorflow-advice.ts";

const NAME = "@tensorflow/tfjs-node-gpu";
/** As `loadError` wraps what Node's loader threw. */
const failed = (message: string) => new Error("could not load", { cause: new Error(message) });

test.each([
  [
    "The Node.js native addon module (tfjs_binding.node) can not be found at path: /x",
    "expected its native binding, which was not built or downloaded: npx tfjs-backends install-tensorflow --gpu",
  ],
  [
    "libtensorflow_cc.so.2: cannot open shared object file: No such file or directory",
    "expected TensorFlow's library libtensorflow_cc.so.2, which is not where the binding looks: npx tfjs-backends",
  ],
  [
    "libcudart.so.12: cannot open shared object file: No such file or directory",
    "expected CUDA's library libcudart.so.12: npx tfjs-backends install-tensorflow --gpu brings it",
  ],
  ["libcuda.so.1: cannot open shared object file: …", "libcuda.so.1: it comes with NVIDIA's driver"],
  [
    "libgomp.so.1: cannot open shared object file: …",
    "the system's library libgomp.so.1: install its package",
  ],
  ["invalid ELF header\nmore", "expected to load, and it did not: invalid ELF header (npx tfjs-backends"],
])("%s", (message, advice) => {
  expect(tensorFlowAdvice(NAME, failed(message))).toContain(advice);
});

test("a package that is not there is told from one that does not load", () => {
  const absent = new Error(
    `startBackend: backend 'tensorflow' needs ${NAME}, not installed here: npm install`,
  );
  expect(tensorFlowAdvice(NAME, absent)).toBe("not installed");
});

test("the package for the CPU is not told to install the GPU's", () => {
  const message = "libtensorflow.so.2: cannot open shared object file";
  expect(tensorFlowAdvice("@tensorflow/tfjs-node", failed(message))).not.toContain("--gpu");
});
