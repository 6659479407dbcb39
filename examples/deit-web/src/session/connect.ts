import * as Comlink from "comlink";
import type { Session } from "./types.ts";

/** Starts the Worker. Functions that are passed to it must be wrapped in `Comlink.proxy`. */
export function connect(): Comlink.Remote<Session> {
  const worker = new Worker(new URL("../worker/main.ts", import.meta.url), {
    type: "module",
    name: "session",
  });
  return Comlink.wrap<Session>(worker);
}
