#!/usr/bin/env node
import { parseArgs } from "node:util";
import { installTensorFlow } from "./install/install-tensorflow.ts";

const USAGE = `usage: tfjs-backends install-tensorflow [--gpu] [--python <interpreter>]

Builds the binding of @tensorflow/tfjs-node (with --gpu: @tensorflow/tfjs-node-gpu) against PyPI's TensorFlow: that of
the interpreter (python3), or else one that pip downloads. Needs Linux, Python 3 with pip, make and a C++ compiler.`;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        gpu: { type: "boolean", default: false },
        python: { type: "string", default: "python3" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      process.stdout.write(`${USAGE}\n`);
      return 0;
    }
    if (positionals.join() !== "install-tensorflow") {
      process.stderr.write(
        `tfjs-backends: expected 'install-tensorflow', got '${positionals.join(" ")}'\n${USAGE}\n`,
      );
      return 2;
    }
    await installTensorFlow(values, (line) => process.stdout.write(`${line}\n`));
    return 0;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    process.stderr.write(`${message}\n`);
    return code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
  }
}
