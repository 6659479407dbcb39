import * as Comlink from "comlink";
import type { Session } from "./types.ts";

/**
 * Starts the Worker. Functions that are passed to it must be wrapped in `Comlink.proxy`.
 *
 * The page's address may name a backend and a number of Workers: `?backend=wasm&workers=2`.
 */
export function connect(): Comlink.Remote<Session> {
  const query = new URLSearchParams(location.search);
  const [backend, workers] = [query.get("backend"), query.get("workers")];
  const options = {
    ...{ role: "session", base: document.baseURI },
    ...(backend !== null && { backend }),
    ...(workers !== null && { workers: Number(workers) }),
  };
  const worker = new Worker(new URL("../worker/main.ts", import.meta.url), {
    type: "module",
    name: JSON.stringify(options),
  });
  return Comlink.wrap<Session>(worker);
}
