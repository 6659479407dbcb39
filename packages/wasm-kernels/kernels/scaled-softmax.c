// softmax(scale · x) over rows, in the shifted form that does not overflow, and its gradient.
#include "softmax.h"

void EXPORT(scaled_softmax)(const float* x, float* y, int rows, int dim, float scale) {
  for (int r = 0; r < rows; r++, x += dim, y += dim) {
    float inverse = 1.0f / scaled_exp(x, y, dim, scale, scaled_max(x, dim, scale));
    int i = 0;
    for (; i + 4 <= dim; i += 4) STORE(y + i, MUL(LOAD(y + i), SPLAT(inverse)));
    for (; i < dim; i++) y[i] *= inverse;
  }
}

/// dx = scale · y · (dy - Σ dy · y).
void EXPORT(scaled_softmax_grad)(const float* y, const float* dy, float* dx, int rows, int dim, float scale) {
  for (int r = 0; r < rows; r++, y += dim, dy += dim, dx += dim) {
    f32x4 sum = SPLAT(0);
    int i = 0;
    for (; i + 4 <= dim; i += 4) sum = MADD(LOAD(y + i), LOAD(dy + i), sum);
    float dot = lanes_sum(sum);
    for (; i < dim; i++) dot += y[i] * dy[i];
    for (i = 0; i + 4 <= dim; i += 4) {
      STORE(dx + i, MUL(MUL(LOAD(y + i), SPLAT(scale)), SUB(LOAD(dy + i), SPLAT(dot))));
    }
    for (; i < dim; i++) dx[i] = y[i] * scale * (dy[i] - dot);
  }
}
