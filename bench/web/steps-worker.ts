// The Worker of the page that is timed: one message starts it, each further one is a timing.
import { startBackend } from "tfjs-backends";
import { type Build, bestBuild } from "../../packages/wasm-kernels/src/side-module.ts";
import { STUDENTS, Steps } from "./steps.ts";

/** What the page asks: to start with a build, or to time a student's steps. */
export type Asked = { readonly build: Build } | { readonly student: number; readonly steps: number };

let all: Steps | undefined;

async function answer(asked: Asked): Promise<number | string> {
  if ("build" in asked) {
    await startBackend("wasm", { wasmPaths: `${location.origin}/wasm/` });
    all = new Steps(asked.build);
    return bestBuild();
  }
  return all!.time(STUDENTS[asked.student]!, asked.steps);
}

self.onmessage = ({ data }: MessageEvent<Asked>) =>
  answer(data).then(
    (done) => postMessage({ done }),
    (error: Error) => postMessage({ error: error.stack }),
  );
