// The storages, within reach of the tests.
import * as browser from "train-loop/browser";

Object.assign(globalThis, { browser });
