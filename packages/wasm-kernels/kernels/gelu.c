// The exact Gaussian error linear unit x · Φ(x). D. Hendrycks and K. Gimpel 2016, https://arxiv.org/abs/1606.08415.
#include "activation.h"

INLINE f32x4 gauss(f32x4 x, const Constants* k) { return exp4(MUL(MUL(x, x), K(minus_half)), k); }

/// Where Φ(x) is 0, x · Φ(x) is 0 too, -infinity · 0 = NaN as in the composite form.
INLINE f32x4 gelu_four(f32x4 x, const Constants* k) { return MUL(x, normal_cdf(x, gauss(x, k), k)); }

/// Φ(x) + x · φ(x), φ(x) = e^(-x²/2) / √(2π).
INLINE f32x4 gelu_slope(f32x4 x, const Constants* k) {
  f32x4 bell = gauss(x, k);
  return MADD(MUL(x, K(inverse_sqrt_2pi)), bell, normal_cdf(x, bell, k));
}

void EXPORT(gelu)(const float* x, float* y, int size) {
  Constants table;
  const Constants* k = constants(&table);
  int i = 0;
  MAP(i, size, y, gelu_four(LOAD(x + i + lane), k));
  if (i < size) store_part(y + i, gelu_four(load_part(x + i, size - i), k), size - i);
}

void EXPORT(gelu_grad)(const float* x, const float* dy, float* dx, int size) {
  Constants table;
  const Constants* k = constants(&table);
  int i = 0;
  MAP(i, size, dx, MUL(LOAD(dy + i + lane), gelu_slope(LOAD(x + i + lane), k)));
  if (i < size) {
    f32x4 slope = gelu_slope(load_part(x + i, size - i), k);
    store_part(dx + i, MUL(load_part(dy + i, size - i), slope), size - i);
  }
}
