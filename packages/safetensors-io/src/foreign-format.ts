import { BYTES, requireArguments } from "known-options";
/** Number of bytes that {@link foreignFormat} reads. */
export const FORMAT_BYTES = 4096;

const CONVERT = "load it in Python and save its tensors with safetensors.torch.save_file";
const AGAIN = "download the file itself again";

interface Format {
  /** Beginning of the file in Latin-1. */
  readonly begins: string;
  /** Text that must follow anywhere. */
  readonly holds?: string;
  readonly what: string;
}

/** Binary formats; the first match counts. */
const BINARY: readonly Format[] = [
  {
    begins: "PK\x03\x04",
    holds: ".npy",
    what: "a NumPy .npz archive: open it with openNpz of named-weights",
  },
  {
    begins: "PK\x03\x04",
    holds: "/data.pkl",
    what: "a PyTorch checkpoint (.pth, .pt, .bin): open it with openTorchCheckpoint of named-weights",
  },
  { begins: "PK\x03\x04", what: "a zip archive: unpack it first" },
  ...["\x02", "\x03", "\x04", "\x05"].map((protocol) => ({
    begins: `\x80${protocol}`,
    what: `a Python pickle, such as an older PyTorch checkpoint (.pth, .pt, .bin): ${CONVERT}`,
  })),
  { begins: "\x1f\x8b", what: "gzip data: unpack it first" },
  { begins: "\x93NUMPY", what: "a NumPy .npy array: save its model's tensors as safetensors" },
  { begins: "\x89HDF\r\n", what: "an HDF5 file (Keras .h5): save its weights as safetensors" },
  { begins: "GGUF", what: "a GGUF file, which holds quantized weights: take the model's safetensors" },
];
/** Text formats, matched in lower case after spaces and a byte-order mark. */
const TEXT: readonly Format[] = [
  {
    begins: "version https://git-lfs.github.com/spec/",
    what: "a Git LFS pointer, not the file: run git lfs pull",
  },
  { begins: "<!doctype html", what: `an HTML page, such as a login or an error page: ${AGAIN}` },
  { begins: "<html", what: `an HTML page, such as a login or an error page: ${AGAIN}` },
  { begins: "<?xml", what: `an XML document, such as a server's error: ${AGAIN}` },
  {
    begins: "{",
    holds: '"weight_map"',
    what: "the index of a checkpoint in several files: open it with openSharded of named-weights",
  },
  { begins: "{", what: "JSON text, such as a config: open the .safetensors file beside it" },
];

/**
 * Returns what a file is that was mistaken for safetensors, and what to do with it, from its first {@link FORMAT_BYTES} bytes;
 * `undefined` for an unknown format.
 *
 * @example
 * console.log(foreignFormat(new TextEncoder().encode("<!DOCTYPE html>"))); // an HTML page, such as …
 */
export function foreignFormat(start: Uint8Array): string | undefined {
  requireArguments("foreignFormat", { start }, { start: BYTES });
  const bytes = String.fromCharCode(...start.subarray(0, FORMAT_BYTES));
  const text = bytes
    .replace(/^\xef\xbb\xbf/, "")
    .trimStart()
    .toLowerCase();
  const among = (formats: readonly Format[], content: string) =>
    formats.find(({ begins, holds = "" }) => content.startsWith(begins) && content.includes(holds))?.what;
  return among(BINARY, bytes) ?? among(TEXT, text);
}
