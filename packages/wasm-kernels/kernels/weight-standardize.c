// Weight standardization: every output channel of a filter to mean 0 and variance 1.
// S. Qiao et al. 2019, https://arxiv.org/abs/1903.10520.
#include "columns.h"

/// w [rows, columns] → y = (w - mean) · rstd, rstd = 1 / √(variance + epsilon), the statistics column by column.
void EXPORT(weight_standardize)(const float* w, float* y, float* mean, float* rstd, int rows, int columns,
                                float epsilon) {
  clear(mean, columns);
  clear(rstd, columns);
  add_columns(w, mean, rows, columns);
  for (int c = 0; c < columns; c++) mean[c] /= rows;
  add_squares(w, mean, rstd, rows, columns);
  for (int c = 0; c < columns; c++) rstd[c] = 1.0f / root(rstd[c] / rows + epsilon);
  for (int r = 0; r < rows; r++, w += columns, y += columns) {
    int c = 0;
    MAP(c, columns, y, MUL(SUB(LOAD(w + c + lane), LOAD(mean + c + lane)), LOAD(rstd + c + lane)));
    for (; c < columns; c++) y[c] = (w[c] - mean[c]) * rstd[c];
  }
}

INLINE f32x4 slope_four(const float* w, const float* mean, const float* rstd, const float* dy, const float* plain,
                        const float* normed) {
  f32x4 scale = LOAD(rstd), n = MUL(SUB(LOAD(w), LOAD(mean)), scale);
  return MUL(scale, SUB(SUB(LOAD(dy), LOAD(plain)), MUL(n, LOAD(normed))));
}

/// dw = rstd · (dy - mean(dy) - n · mean(dy · n)), n = (w - mean) · rstd. `sums` holds 2 · columns floats.
void EXPORT(weight_standardize_grad)(const float* w, const float* mean, const float* rstd, const float* dy, float* dw,
                                     int rows, int columns, float* sums) {
  float *plain = sums, *normed = sums + columns;
  clear(sums, 2 * columns);
  add_gradient_sums(w, dy, mean, rstd, plain, normed, rows, columns);
  for (int c = 0; c < 2 * columns; c++) sums[c] /= rows;
  for (int r = 0; r < rows; r++, w += columns, dy += columns, dw += columns) {
    int c = 0;
    MAP(c, columns, dw, slope_four(w + c + lane, mean + c + lane, rstd + c + lane, dy + c + lane, plain + c + lane, normed + c + lane));
    for (; c < columns; c++) {
      float n = (w[c] - mean[c]) * rstd[c];
      dw[c] = rstd[c] * (dy[c] - plain[c] - n * normed[c]);
    }
  }
}
