// The page of the bundles: starts the backend that the address asks for, trains a step with it, and posts what happened.
import * as tf from "@tensorflow/tfjs-core";
import { decodePicture } from "image-source/browser";
import { startBackend } from "tfjs-backends";
import { fit } from "train-loop";
import { browserStorage } from "train-loop/browser";

const query = new URLSearchParams(location.search);
const paths = query.get("wasmPaths");
const to = `${query.get("to") ?? ""}/result`;
started().then((result) => fetch(to, { method: "POST", mode: "no-cors", body: JSON.stringify(result) }));

async function started() {
  try {
    const backend = await startBackend(
      query.get("backend") ?? "auto",
      paths === null ? {} : { wasmPaths: paths },
    );
    const slope = tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([3, 4]));
    const { width } = await decodePicture(new ImageData(3, 2));
    const { kind } = await browserStorage("bundle");
    return { ...backend, slope: [...(await slope.data())], used: [typeof fit, width, kind] };
  } catch (error) {
    return { error: error.message };
  }
}
