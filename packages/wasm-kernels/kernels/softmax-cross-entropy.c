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
    for (int c = 0; c < classes; c += 4) {
      int count = classes - c < 4 ? classes - c : 4;
      f32x4 four = count < 4 ? load_part(logits + c, count) : LOAD(logits + c);
      float e[4];
      STORE(e, exp4(SUB(four, SPLAT(top)), k));
      for (int i = 0; i < count; i++) {
        total += e[i];
        mass += targets[c + i];
        below += (double)targets[c + i] * ((double)top - logits[c + i]);
      }
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
    f32x4 scale4 = SPLAT(scale), slope4 = SPLAT(dy[r]);
    int c = 0;
    UPDATE(c, classes, dlogits, MUL(SUB(MUL(LOAD(dlogits + c + lane), scale4), LOAD(targets + c + lane)), slope4));
    for (; c < classes; c++) dlogits[c] = (dlogits[c] * scale - targets[c]) * dy[r];
  }
}
