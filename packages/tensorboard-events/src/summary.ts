import { encodePng, type Pixels } from "./png.ts";
import { bytes, float, integer, message, string } from "./protobuf-writer.ts";

/** A value that TensorBoard shows under its tag: a `tensorflow.Summary.Value`. */
export interface SummaryValue {
  /** Tag; `loss/train` is shown as `train` in the group `loss`. */
  readonly tag: string;
  /** The value as a field of a `tensorflow.Summary`. */
  readonly encoded: Uint8Array;
}

// Field numbers and names: https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/summary.proto
const [TAG, SIMPLE_VALUE, IMAGE, TENSOR, METADATA] = [1, 2, 4, 8, 9];
const DT_STRING = 7;

/**
 * Encodes a number, shown as a curve over the steps; `loss/train` is shown as `train` in the group `loss`.
 *
 * @param value - A number, stored as float32; NaN and infinities are shown as such.
 */
export function scalar(tag: string, value: number): SummaryValue {
  return summaryValue(tag, [float(SIMPLE_VALUE, value)]);
}

/** Encodes an image as PNG. @throws RangeError if the data does not have the image's size. */
export function image(tag: string, pixels: Pixels): SummaryValue {
  return pngImage(tag, encodePng(pixels), pixels);
}

/** Encodes an image that is PNG already. */
export function pngImage(tag: string, png: Uint8Array, size: Omit<Pixels, "data">): SummaryValue {
  const { height, width, channels } = size;
  const parts = [integer(1, height), integer(2, width), integer(3, channels), bytes(4, png)];
  return summaryValue(tag, [message(IMAGE, parts)]);
}

/** Encodes text, shown as Markdown. */
export function text(tag: string, markdown: string): SummaryValue {
  const shape = message(2, [message(2, [integer(1, 1)])]); // one string
  return summaryValue(tag, [
    message(TENSOR, [integer(1, DT_STRING), shape, string(8, markdown)]),
    message(METADATA, [message(1, [string(1, "text")])]), // the plugin that shows it
  ]);
}

function summaryValue(tag: string, parts: readonly Uint8Array[]): SummaryValue {
  return { tag, encoded: message(1, [string(TAG, tag), ...parts]) };
}
