// The smaller and the larger of many numbers and one: ReLU6's upper bound, clipping.
#include "common.h"

#define BOUND(of)                            \
  f32x4 one = SPLAT_AT(bound);               \
  int i = 0;                                 \
  MAP(i, n, y, of(LOAD(x + i + lane), one));       \
  if (i < n) store_part(y + i, of(load_part(x + i, n - i), one), n - i);

/// y = min(x, bound), NaN where either is.
void EXPORT(minimum)(const float* x, const float* bound, float* y, int n) { BOUND(wasm_f32x4_min) }

/// y = max(x, bound), NaN where either is.
void EXPORT(maximum)(const float* x, const float* bound, float* y, int n) { BOUND(wasm_f32x4_max) }
