// The steps of a softmax over one row.
#pragma once
#include "activation.h"

/// The largest of scale · x; -infinity for an empty row. It may pass over NaN, which the exponentials then carry.
INLINE float scaled_max(const float* x, int size, float scale) {
  f32x4 high = SPLAT(-__builtin_inff());
  int i = 0;
  for (; i + 4 <= size; i += 4) high = wasm_f32x4_pmax(high, MUL(LOAD(x + i), SPLAT(scale)));
  for (; i < size; i++) high = wasm_f32x4_pmax(high, SPLAT(x[i] * scale));
  return lanes_max(high);
}

/// y = e^(scale · x - top); returns the sum of y. `y` may be `x`.
INLINE float scaled_exp(const float* x, float* y, int size, float scale, float top, const Constants* k) {
  f32x4 sum = SPLAT(0);
  int i = 0;
  FOURS(i, size, {
    f32x4 e[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
      e[v] = exp4(SUB(MUL(LOAD(x + i + 4 * v), SPLAT(scale)), SPLAT(top)), k);
      sum = ADD(sum, e[v]);
    }
    LOADED;
    for (int v = 0; v < VECTORS; v++) STORE(y + i + 4 * v, e[v]);
  })
  float total = lanes_sum(sum);
  for (; i < size; i++) {
    y[i] = wasm_f32x4_extract_lane(exp4(SPLAT(x[i] * scale - top), k), 0);
    total += y[i];
  }
  return total;
}
