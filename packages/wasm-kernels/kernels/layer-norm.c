// Layer normalization over rows, and its gradient. J. Ba et al. 2016, https://arxiv.org/abs/1607.06450.
#include "columns.h"

/// Rows whose part of dgamma and dbeta is added up in float32; the parts are added in float64.
enum { BLOCK = 64 };

INLINE float row_sum(const float* x, int dim) {
  f32x4 sum = SPLAT(0);
  int i = 0;
  for (; i + 4 <= dim; i += 4) sum = ADD(sum, LOAD(x + i));
  float total = lanes_sum(sum);
  for (; i < dim; i++) total += x[i];
  return total;
}

/// y = (x - mean) · rstd · gamma + beta, rstd = 1 / √(variance + epsilon), in two passes over each row.
void EXPORT(layer_norm)(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* rstd,
                        int rows, int dim, float epsilon) {
  for (int r = 0; r < rows; r++, x += dim, y += dim) {
    float mu = row_sum(x, dim) / dim;
    f32x4 mu4 = SPLAT(mu), sum = SPLAT(0);
    int i = 0;
    for (; i + 4 <= dim; i += 4) {
      f32x4 d = SUB(LOAD(x + i), mu4);
      sum = MADD(d, d, sum);
    }
    float squares = lanes_sum(sum);
    for (; i < dim; i++) squares += (x[i] - mu) * (x[i] - mu);
    float scale = 1.0f / root(squares / dim + epsilon);
    mean[r] = mu;
    rstd[r] = scale;
    f32x4 scale4 = SPLAT(scale);
    i = 0;
    MAP(i, dim, y, MADD(MUL(SUB(LOAD(x + i + lane), mu4), scale4), LOAD(gamma + i + lane), LOAD(beta + i + lane)));
    for (; i < dim; i++) y[i] = (x[i] - mu) * scale * gamma[i] + beta[i];
  }
}

/// With n = (x - mean) · rstd and g = dy · gamma: dx = rstd · (g - mean(g) - n · mean(g · n)),
/// dgamma = Σ dy · n, dbeta = Σ dy. `totals` holds 2 · dim doubles.
void EXPORT(layer_norm_grad)(const float* x, const float* gamma, const float* mean, const float* rstd,
                             const float* dy, float* dx, float* dgamma, float* dbeta, int rows, int dim,
                             double* totals) {
  __builtin_memset(totals, 0, 2 * (unsigned)dim * sizeof(double));
  clear(dgamma, dim);
  clear(dbeta, dim);
  for (int r = 0; r < rows; r++, x += dim, dy += dim, dx += dim) {
    if (r > 0 && r % BLOCK == 0) {
      add_block(totals, dgamma, dim, 1);
      add_block(totals + dim, dbeta, dim, 1);
      clear(dgamma, dim);
      clear(dbeta, dim);
    }
    float mu = mean[r], scale = rstd[r];
    f32x4 mu4 = SPLAT(mu), scale4 = SPLAT(scale), sum_g = SPLAT(0), sum_gn = SPLAT(0);
    int i = 0;
    FOURS(i, dim, {
      f32x4 gammas[VECTORS], betas[VECTORS];
      for (int v = 0; v < VECTORS; v++) {
        f32x4 n = MUL(SUB(LOAD(x + i + 4 * v), mu4), scale4), d = LOAD(dy + i + 4 * v), g = MUL(d, LOAD(gamma + i + 4 * v));
        sum_g = ADD(sum_g, g);
        sum_gn = MADD(g, n, sum_gn);
        gammas[v] = MADD(d, n, LOAD(dgamma + i + 4 * v));
        betas[v] = ADD(d, LOAD(dbeta + i + 4 * v));
      }
      LOADED;
      for (int v = 0; v < VECTORS; v++) STORE(dgamma + i + 4 * v, gammas[v]);
      for (int v = 0; v < VECTORS; v++) STORE(dbeta + i + 4 * v, betas[v]);
    })
    float total_g = lanes_sum(sum_g), total_gn = lanes_sum(sum_gn);
    for (; i < dim; i++) {
      float n = (x[i] - mu) * scale, g = dy[i] * gamma[i];
      total_g += g;
      total_gn += g * n;
      dgamma[i] += dy[i] * n;
      dbeta[i] += dy[i];
    }
    float mean_g = total_g / dim, mean_gn = total_gn / dim;
    f32x4 mean_g4 = SPLAT(mean_g), mean_gn4 = SPLAT(mean_gn);
    i = 0;
    MAP(i, dim, dx, MUL(scale4, SUB(SUB(MUL(LOAD(dy + i + lane), LOAD(gamma + i + lane)), mean_g4),
                                    MUL(MUL(SUB(LOAD(x + i + lane), mu4), scale4), mean_gn4))));
    for (; i < dim; i++) {
      float n = (x[i] - mu) * scale;
      dx[i] = scale * (dy[i] * gamma[i] - mean_g - n * mean_gn);
    }
  }
  add_totals(totals, dgamma, dim);
  add_totals(totals + dim, dbeta, dim);
}
