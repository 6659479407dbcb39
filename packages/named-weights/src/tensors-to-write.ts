import type { FloatDtype, TensorToWrite } from "safetensors-io";
import { shapeIn, toLayout } from "./layout.ts";
import type { ModelWeights } from "./model-weights.ts";
import type { FileNames } from "./naming.ts";

/**
 * Returns a model's weights with the names and layout of a file, for `safetensorsChunks` of `safetensors-io`; each is read
 * from the backend when it is written.
 *
 * @example
 * import { safetensorsBytes } from "safetensors-io";
 *
 * const weights = modelWeights("save", model, (name) => name);
 * const naming: FileNames = { layout: "tensorflow", namesOf: (key) => [key] };
 * const bytes = await safetensorsBytes(tensorsToWrite(weights, naming, "F16"));
 */
export function tensorsToWrite(
  weights: ModelWeights,
  { layout, namesOf }: FileNames,
  dtype: FloatDtype = "F32",
): TensorToWrite[] {
  return [...weights].flatMap(([key, variable]) => {
    const names = namesOf(key);
    const shape = variable.shape as number[];
    const [rows = 1, ...rest] = shapeIn(layout, shape);
    return names.map((name, part) => ({
      ...{ name, dtype, shape: shape.length === 0 ? [] : [rows / names.length, ...rest] },
      async data() {
        const data = toLayout(layout, shape, (await variable.read().data()) as Float32Array);
        const size = data.length / names.length;
        return data.subarray(part * size, (part + 1) * size);
      },
    }));
  });
}
