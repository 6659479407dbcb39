import * as tf from "@tensorflow/tfjs-core";
import { importOptional } from "./import-optional.ts";

/** Starts tfjs' plain JavaScript backend: slow, everywhere, the reference for the others. */
export async function startCpu(): Promise<string> {
  await importOptional("backend 'cpu'", () => import("@tensorflow/tfjs-backend-cpu"), [
    "@tensorflow/tfjs-backend-cpu",
  ]);
  await tf.setBackend("cpu");
  greetQuietly();
  return "plain JavaScript";
}

/** The backend's first tensor prints an advertisement for tfjs-node, unless that tensor is made in production mode. */
function greetQuietly(): void {
  const prod = tf.env().getBool("PROD");
  tf.env().set("PROD", true);
  tf.scalar(0).dispose();
  tf.env().set("PROD", prod);
}
