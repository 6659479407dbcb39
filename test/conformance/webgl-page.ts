// The page: computes every case on WebGL and posts what came of each.
import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { CASES } from "./cases/index.ts";
import type { PagedOutcome, PageOutcomes } from "./webgl.ts";

await fetch("/result", { method: "POST", body: JSON.stringify(await outcomes()) });

async function outcomes(): Promise<PageOutcomes> {
  try {
    const { detail } = await startBackend("webgl");
    tf.env().set("WEBGL_CPU_FORWARD", false); // small tensors too are computed on the device
    const cases: Record<string, PagedOutcome> = {};
    for (const it of CASES) {
      cases[it.op] = await it.actual(true).then(
        ({ value, gradients }) => ({ value: written(value), gradients: gradients.map(written) }),
        (error: Error) => ({ error: error.message }),
      );
    }
    return { detail, cases };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** As text, for JSON has neither NaN nor infinities. */
function written(numbers: ArrayLike<number>): string {
  return Array.from(numbers, String).join(" ");
}
