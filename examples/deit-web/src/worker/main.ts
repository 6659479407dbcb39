// The Worker: of the page, which keeps the pictures and trains, or one of those that share its computation.
import * as Comlink from "comlink";
import { serveReplicaWorker } from "train-loop/browser";
import { WebSession } from "./session.ts";
import { workerOptions } from "./start.ts";
import { buildReplica } from "./training/replica.ts";

const options = workerOptions();
if (options.role === "replica") await serveReplicaWorker(buildReplica);
else Comlink.expose(new WebSession(options));
