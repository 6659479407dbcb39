/**
 * What matrix products are computed in, by Keras' names: `"float32"`, or `"mixed_float16"`, where their operands are rounded to half
 * precision inside of the product and all tensors stay float32.
 */
export type Precision = "float32" | "mixed_float16";

/** All of {@link Precision}. */
export const PRECISIONS = ["float32", "mixed_float16"] as const;
