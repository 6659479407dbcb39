// The activations that tfjs fuses into a matrix product, in place. NaN stays NaN, as in tfjs' `cpu` backend.
#include "activation.h"

enum { RELU = 1, RELU6 = 2, PRELU = 3, LEAKY_RELU = 4, SIGMOID = 5, ELU = 6 };

INLINE f32x4 activate_four(f32x4 x, const int kind, f32x4 slope, const Constants* k) {
  f32x4 zero = SPLAT(0.0f);
  switch (kind) {
    case RELU:
      return wasm_f32x4_max(zero, x);
    case RELU6:
      return wasm_f32x4_min(wasm_f32x4_max(zero, x), SPLAT(6.0f));
    case PRELU:
    case LEAKY_RELU:
      return wasm_v128_bitselect(MUL(slope, x), x, wasm_f32x4_lt(x, zero));
    case SIGMOID:
      return DIV(K(one), ADD(K(one), exp4(wasm_f32x4_neg(x), k)));
    case ELU:
      return wasm_v128_bitselect(SUB(exp4(x, k), K(one)), x, wasm_f32x4_lt(x, zero));
    default:
      return x;
  }
}

INLINE void activate_all(float* x, int size, const int kind, float alpha) {
  f32x4 slope = SPLAT(alpha);
  Constants table;
  const Constants* k = constants(&table);
  int i = 0;
  UPDATE(i, size, x, activate_four(LOAD(x + i + lane), kind, slope, k));
  if (i < size) store_part(x + i, activate_four(load_part(x + i, size - i), kind, slope, k), size - i);
}

/// x = activation(x). `kind` as tfjs numbers them: 1 relu, 2 relu6, 4 leaky relu, 5 sigmoid, 6 elu.
void EXPORT(activate)(float* x, int size, int kind, float alpha) {
  switch (kind) {
    case RELU:
      return activate_all(x, size, RELU, alpha);
    case RELU6:
      return activate_all(x, size, RELU6, alpha);
    case LEAKY_RELU:
      return activate_all(x, size, LEAKY_RELU, alpha);
    case SIGMOID:
      return activate_all(x, size, SIGMOID, alpha);
    case ELU:
      return activate_all(x, size, ELU, alpha);
  }
}

/// x = x < 0 ? slopes · x : x, the slopes repeated over the last axes.
void EXPORT(prelu)(float* x, int size, const float* slopes, int slope_count) {
  for (int first = 0; first < size; first += slope_count) {
    for (int j = 0; j < slope_count; j++) {
      float v = x[first + j];
      if (v < 0) x[first + j] = v * slopes[j];
    }
  }
}
