import type * as tfl from "@tensorflow/tfjs-layers";
import { toOnnx } from "tfjs-to-onnx";
import type { ExportOptions } from "../export-options.ts";
import type { ExportedFile } from "../exported.ts";

const NAMES = { inputNames: ["pixel_values"], outputNames: ["logits"] } as const;

/** Files of ONNX. @throws Error that names the first layer that cannot be converted. */
export async function onnxFiles(
  model: tfl.LayersModel,
  { classNames, int8 = false }: ExportOptions,
): Promise<ExportedFile[]> {
  const metadata = { class_names: JSON.stringify(classNames) };
  const products = int8 ? (["float32", "int8"] as const) : (["float32"] as const);
  const files: ExportedFile[] = [];
  for (const kind of products) {
    const path = `onnx/${kind === "int8" ? "model_quantized" : "model"}.onnx`;
    files.push({ path, data: await toOnnx(model, { ...NAMES, metadata, products: kind }) });
  }
  return files;
}
