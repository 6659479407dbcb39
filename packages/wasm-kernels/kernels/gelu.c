// The exact Gaussian error linear unit x · Φ(x). D. Hendrycks and K. Gimpel 2016, https://arxiv.org/abs/1606.08415.
#include "activation.h"

INLINE f32x4 gauss(f32x4 x) { return exp4(MUL(MUL(x, x), SPLAT(-0.5f))); }

/// Where Φ(x) is 0, x · Φ(x) is 0 too, -infinity · 0 = NaN as in the composite form.
INLINE f32x4 gelu_four(f32x4 x) { return MUL(x, normal_cdf(x, gauss(x))); }

/// Φ(x) + x · φ(x), φ(x) = e^(-x²/2) / √(2π).
INLINE f32x4 gelu_slope(f32x4 x) {
  f32x4 bell = gauss(x);
  return MADD(MUL(x, SPLAT(0.39894228040143268f)), bell, normal_cdf(x, bell));
}

void EXPORT(gelu)(const float* x, float* y, int size) {
  int i = 0;
  MAP(i, size, y, gelu_four(LOAD(x + at)));
  if (i < size) store_part(y + i, gelu_four(load_part(x + i, size - i)), size - i);
}

void EXPORT(gelu_grad)(const float* x, const float* dy, float* dx, int size) {
  int i = 0;
  MAP(i, size, dx, MUL(LOAD(dy + at), gelu_slope(LOAD(x + at))));
  if (i < size) {
    f32x4 slope = gelu_slope(load_part(x + i, size - i));
    store_part(dx + i, MUL(load_part(dy + i, size - i), slope), size - i);
  }
}
