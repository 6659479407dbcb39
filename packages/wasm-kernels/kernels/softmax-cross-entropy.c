// Cross-entropy of softmax(logits) against target distributions, and its gradient.
#include "softmax.h"

/// ln x of a positive x: with x = m · 2^e and s = (m - 1) / (m + 1), ln m = 2 · (s + s³/3 + s⁵/5 + …).
/// In float64, so that the loss of a sample that is nearly right keeps its digits.
static double ln(double x) {
  if (!(x > 0 && x < __builtin_inf())) return x == 0 ? -__builtin_inf() : x;
  union { double f; uint64_t i; } u = {x};
  int e = (int)(u.i >> 52) - 1023;
  u.i = (u.i & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL;
  if (u.f > 1.4142135623730951) {
    u.f /= 2;
    e++;
  }
  double s = (u.f - 1) / (u.f + 1), square = s * s, series = 0;
  for (int k = 17; k >= 1; k -= 2) series = series * square + 1.0 / k;
  return 2 * s * series + e * 0.69314718055994531;
}

/// loss[r] = Σ_c t[r, c] · (logSumExp(x[r]) - x[r, c]), summed in float64.
void EXPORT(softmax_cross_entropy)(const float* targets, const float* logits, float* loss, int rows, int classes) {
  Constants table;
  const Constants* k = constants(&table);
  for (int r = 0; r < rows; r++, targets += classes, logits += classes) {
    float top = scaled_max(logits, classes, 1.0f);
    double total = 0, mass = 0, below = 0;
    for (int c = 0; c < classes; c++) {
      total += wasm_f32x4_extract_lane(exp4(SPLAT(logits[c] - top), k), 0);
      mass += targets[c];
      below += (double)targets[c] * ((double)top - logits[c]);
    }
    loss[r] = (float)(below + mass * ln(total));
  }
}

/// dlogits = (softmax(logits) · Σ_c t - t) · dy[r].
void EXPORT(softmax_cross_entropy_grad)(const float* targets, const float* logits, const float* dy, float* dlogits,
                                        int rows, int classes) {
  Constants table;
  const Constants* k = constants(&table);
  for (int r = 0; r < rows; r++, targets += classes, logits += classes, dlogits += classes) {
    float total = scaled_exp(logits, dlogits, classes, 1.0f, scaled_max(logits, classes, 1.0f), k);
    double mass = 0;
    for (int c = 0; c < classes; c++) mass += targets[c];
    float scale = (float)mass / total;
    for (int c = 0; c < classes; c++) dlogits[c] = (dlogits[c] * scale - targets[c]) * dy[r];
  }
}
