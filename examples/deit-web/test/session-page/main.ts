// The Worker's session without the page around it, for tests to call.
import * as Comlink from "comlink";
import { connect } from "../../src/session/connect.ts";

Object.assign(globalThis, { session: connect(), Comlink });
