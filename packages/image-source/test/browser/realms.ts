// A page's and a Worker's script: the page hands a task to itself or to its Worker.
import { type DecodeTask, decode } from "./decode.ts";
import { inResistingBrowser, refusals } from "./refusals.ts";
import type { Sent } from "./sent.ts";

/** Functions that a test calls in the page: `page.evaluate` finds them by these names. */
export interface Realms {
  inPage(task: DecodeTask): Promise<Sent>;
  inWorker(task: DecodeTask): Promise<Sent>;
  refusals: typeof refusals;
  inResistingBrowser: typeof inResistingBrowser;
}

if (typeof document === "undefined") {
  globalThis.onmessage = async ({ data }) => postMessage(await decode(data));
} else {
  const realms: Realms = { inPage: decode, inWorker, refusals, inResistingBrowser };
  Object.assign(globalThis, realms);
}

function inWorker(task: DecodeTask): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const worker = new Worker("/page.js", { type: "module" });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(task);
  });
}
