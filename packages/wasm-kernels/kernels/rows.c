// Rows taken out of a tensor and put back: the samples of a batch whose branch stochastic depth keeps.
#include "common.h"

#define BYTES(floats) ((unsigned)(floats) * sizeof(float))

/// y [count, inner] = scale · x[rows[i]].
void EXPORT(gather_rows)(const float* x, const int* rows, float* y, int count, int inner, float scale) {
  f32x4 factor = SPLAT(scale);
  for (int r = 0; r < count; r++, y += inner) {
    const float* from = x + rows[r] * inner;
    if (scale == 1.0f) {
      __builtin_memcpy(y, from, BYTES(inner));
      continue;
    }
    int i = 0;
    MAP(i, inner, y, MUL(LOAD(from + i + lane), factor));
    if (i < inner) store_part(y + i, MUL(load_part(from + i, inner - i), factor), inner - i);
  }
}

INLINE void add_scaled(const float* x, const float* value, float* y, int inner, float scale) {
  f32x4 factor = SPLAT(scale);
  int i = 0;
  MAP(i, inner, y, ADD(LOAD(x + i + lane), MUL(LOAD(value + i + lane), factor)));
  if (i == inner) return;
  f32x4 last = MUL(load_part(value + i, inner - i), factor);
  store_part(y + i, ADD(load_part(x + i, inner - i), last), inner - i);
}

/// y [batch, inner] = x, where it is null zeros, plus scale · values[i] at row rows[i]; rows ascend. Without x scale is 1.
void EXPORT(scatter_rows)(const float* x, const float* values, const int* rows, float* y, int count, int batch,
                          int inner, float scale) {
  for (int r = 0, next = 0; r < batch; r++, y += inner) {
    const float* own = x ? x + r * inner : 0;
    if (next == count || rows[next] != r) {
      if (own) __builtin_memcpy(y, own, BYTES(inner));
      else __builtin_memset(y, 0, BYTES(inner));
      continue;
    }
    if (own) add_scaled(own, values, y, inner, scale);
    else __builtin_memcpy(y, values, BYTES(inner));
    next++, values += inner;
  }
}
