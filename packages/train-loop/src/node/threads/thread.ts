// Entry of a replica's thread.
import { parentPort, workerData } from "node:worker_threads";
import * as tfl from "@tensorflow/tfjs-layers";
import type { ReplicaSetup } from "../../replicas/replica-setup.ts";
import { serveReplica } from "../../replicas/serve-replica.ts";
import { type Message, sendThrough } from "../../replicas/threads/messages.ts";
import { Spoke } from "../../replicas/threads/spoke.ts";
import type { ThreadData } from "./start-threads.ts";

const { rank, size, module, data, topology } = workerData as ThreadData;
const port = parentPort!;
const spoke = new Spoke(rank, size, sendThrough(port));
port.on("message", (message: Message) => spoke.deliver(message));

const setup = ((await import(module)) as { default?: ReplicaSetup }).default;
if (typeof setup !== "function") {
  throw new TypeError(`fit: the default export of ${module} must be a function, got ${typeof setup}`);
}
const model = () => tfl.models.modelFromJSON(JSON.parse(topology));
await serveReplica(spoke, await setup({ rank, size, data, model }));
port.close();
