// The Worker: of the page, which keeps the pictures and trains, or one of those that share its computation.
import * as Comlink from "comlink";
import { WebSession } from "./session.ts";
import { workerOptions } from "./start.ts";

const options = workerOptions();
Comlink.expose(new WebSession(options));
