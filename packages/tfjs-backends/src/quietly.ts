import * as tf from "@tensorflow/tfjs-core";

/** Runs `act` in tfjs' production mode, in which backends print neither greetings nor advice. */
export async function quietly<T>(act: () => T | Promise<T>): Promise<T> {
  const prod = tf.env().getBool("PROD");
  tf.env().set("PROD", true);
  try {
    return await act();
  } finally {
    tf.env().set("PROD", prod);
  }
}
