// Opens exported folders with the JavaScript software that they are for, and prints what each answers, as JSON. Copied to where these
// packages are installed, and run there: verify.mjs JOBS, as verify.py.
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AutoModelForImageClassification, env, pipeline, Tensor } from "@huggingface/transformers";
import { numpy as jnp } from "@jax-js/jax";
import { ONNXModel } from "@jax-js/onnx";
import * as ort from "onnxruntime-node";

env.allowRemoteModels = false;
env.allowLocalModels = true;

async function answersOf({ folder, expected, photos }) {
  const { shape, pixels, logits } = read(expected);
  const [differences, first, unsupported] = [{}, {}, {}];
  const differs = (name, values) => {
    if (values.length !== logits.length) throw new Error(`${name}: ${values.length} logits`);
    differences[name] = Math.max(...Array.from(values, (value, i) => Math.abs(value - logits[i])));
  };

  const file = join(folder, "onnx/model.onnx");
  const session = await ort.InferenceSession.create(file);
  const ran = await session.run({ pixel_values: new ort.Tensor("float32", pixels.slice(), shape) });
  differs("onnxruntime-node", ran.logits.data);

  try {
    const jax = new ONNXModel(readFileSync(file));
    const answered = jax.run({ pixel_values: jnp.array(pixels.slice()).reshape(shape) });
    differs("jax-js", await answered.logits.data());
  } catch (error) {
    const [, operator] = /^Unsupported ONNX operation: (\w+)/.exec(error.message) ?? [];
    if (operator === undefined) throw error;
    unsupported["jax-js"] = operator;
  }

  if (existsSync(join(folder, "config.json"))) {
    env.localModelPath = `${dirname(folder)}/`;
    const name = basename(folder);
    const model = await AutoModelForImageClassification.from_pretrained(name);
    const answered = await model({ pixel_values: new Tensor("float32", pixels.slice(), shape) });
    differs("transformers.js", answered.logits.data);
    if (photos.length > 0) {
      const classify = await pipeline("image-classification", name);
      first["transformers.js"] = [];
      for (const photo of photos) {
        const [best] = await classify(photo, { top_k: 1 });
        first["transformers.js"].push(best.label);
      }
    }
  }
  return { differences, first, unsupported };
}

/** What the package computes, from a safetensors file. */
function read(path) {
  const bytes = readFileSync(path);
  const begin = 8 + Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, begin));
  const floats = (name) => {
    const [from, to] = header[name].data_offsets;
    return new Float32Array(Uint8Array.from(bytes.subarray(begin + from, begin + to)).buffer);
  };
  return { shape: header.pixel_values.shape, pixels: floats("pixel_values"), logits: floats("logits") };
}

const answers = [];
for (const job of JSON.parse(readFileSync(process.argv[2], "utf8"))) answers.push(await answersOf(job));
process.stdout.write(`${JSON.stringify(answers)}\n`, () => process.exit(0)); // jax-js and onnxruntime-node keep threads
