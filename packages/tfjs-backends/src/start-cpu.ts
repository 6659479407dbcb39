import * as tf from "@tensorflow/tfjs-core";
import { loadError } from "./load-error.ts";
import { quietly } from "./quietly.ts";

/** Starts tfjs' plain JavaScript backend: slow, everywhere, the reference for the others. */
export async function startCpu(): Promise<string> {
  try {
    await import("@tensorflow/tfjs-backend-cpu");
  } catch (error) {
    throw loadError("backend 'cpu'", error, ["@tensorflow/tfjs-backend-cpu"]);
  }
  await tf.setBackend("cpu");
  await quietly(() => tf.scalar(0).dispose()); // the first tensor would print an advertisement for tfjs-node
  return "plain JavaScript";
}
