import { having, OBJECT, requireArguments } from "known-options";
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
  names: FileNames,
  dtype: FloatDtype = "F32",
): TensorToWrite[] {
  requireArguments(
    "tensorsToWrite",
    { weights, names },
    { weights: having("ModelWeights, a Map", (it) => it instanceof Map), names: OBJECT },
  );
  const { layout, namesOf } = names;
  return [...weights].flatMap(([key, variable]) => {
    const parts = namesOf(key);
    const shape = variable.shape as number[];
    const [rows = 1, ...rest] = shapeIn(layout, shape);
    return parts.map((name, part) => ({
      ...{ name, dtype, shape: shape.length === 0 ? [] : [rows / parts.length, ...rest] },
      async data() {
        const data = toLayout(layout, shape, (await variable.read().data()) as Float32Array);
        const size = data.length / parts.length;
        return data.subarray(part * size, (part + 1) * size);
      },
    }));
  });
}
