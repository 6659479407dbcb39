import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Returns which of tfjs' formats a `model.json` has.
 *
 * @throws Error naming the file if it has neither.
 */
export function graphOrLayers(file: string, json: unknown): "layers" | "graph" {
  const { format, modelTopology: topology } = (json ?? {}) as { format?: unknown; modelTopology?: unknown };
  if (format === "graph-model") return "graph";
  if (format === "layers-model") return "layers";
  if (typeof topology !== "object" || topology === null)
    throw new Error(`${file}: expected a tfjs layers or graph model, got JSON without modelTopology`);
  return "node" in topology ? "graph" : "layers";
}

/** Files of ONNX in a folder: `onnx/model.onnx` or `model.onnx` alone, else all. */
export function onnxIn(folder: string): string[] {
  for (const name of [join("onnx", "model.onnx"), "model.onnx"])
    if (existsSync(join(folder, name))) return [join(folder, name)];
  return readdirSync(folder)
    .filter((name) => name.toLowerCase().endsWith(".onnx"))
    .sort()
    .map((name) => join(folder, name));
}

/**
 * Whether a file begins as ONNX' `ModelProto` does: with `ir_version`, then the name of its producer, an import of operators or the
 * graph. A SavedModel begins with a version and its graphs, field 2.
 */
export function startsAsOnnx(bytes: Uint8Array): boolean {
  const [tag, version = 0, next = 0] = bytes;
  const FIELDS = [0x12, 0x3a, 0x42]; // producer_name, graph, opset_import
  return tag === 0x08 && version >= 3 && version < 64 && FIELDS.includes(next);
}
