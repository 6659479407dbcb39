import { concatenated, double, integer, message, string } from "./protobuf-writer.ts";
import type { SummaryValue } from "./summary.ts";

// Field numbers: https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto
const [WALL_TIME, STEP, FILE_VERSION, SUMMARY, SESSION_LOG, SOURCE_METADATA] = [1, 2, 3, 5, 7, 10];
const SESSION_START = 1;

/** Encodes values of one step as a `tensorflow.Event`; `seconds` since 1970. */
export function summaryEvent(seconds: number, step: number, values: readonly SummaryValue[]): Uint8Array {
  const summary = values.map(({ encoded }) => encoded);
  return concatenated([double(WALL_TIME, seconds), ...stepField(step), message(SUMMARY, summary)]);
}

/** Encodes the first event of a file. */
export function versionEvent(seconds: number, writer: string): Uint8Array {
  return concatenated([
    double(WALL_TIME, seconds),
    string(FILE_VERSION, "brain.Event:2"),
    message(SOURCE_METADATA, [string(1, writer)]),
  ]);
}

/** Encodes the event of a resumed run, which drops this and later steps of earlier files. */
export function restartEvent(seconds: number, step: number): Uint8Array {
  const start = message(SESSION_LOG, [integer(1, SESSION_START)]);
  return concatenated([double(WALL_TIME, seconds), ...stepField(step), start]);
}

/** Encodes a step; zero is not written, as in every protobuf 3 message. */
function stepField(step: number): Uint8Array[] {
  return step === 0 ? [] : [integer(STEP, step)];
}
