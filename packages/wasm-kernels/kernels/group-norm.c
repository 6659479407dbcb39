// Group normalization of images, channels last, and its gradient. Y. Wu and K. He 2018,
// https://arxiv.org/abs/1803.08494. All passes run along the channels: group statistics are sums of channel sums.
#include "columns.h"

/// Every channel's entry becomes its group's sum, divided by `count`.
static void spread_groups(float* sums, int channels, int groups, float count) {
  int size = channels / groups;
  for (int g = 0; g < groups; g++, sums += size) {
    double total = 0;
    for (int i = 0; i < size; i++) total += sums[i];
    for (int i = 0; i < size; i++) sums[i] = (float)(total / count);
  }
}

/// Every channel's entry becomes its group's.
static void expand_groups(const float* of_group, float* of_channel, int channels, int groups) {
  int size = channels / groups;
  for (int c = 0; c < channels; c++) of_channel[c] = of_group[c / size];
}

/// x [batch, pixels, channels] → y = (x - mean) · rstd · gamma + beta; mean, rstd [batch, groups].
/// `scratch` holds 2 · channels floats.
void EXPORT(group_norm)(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* rstd,
                        int batch, int pixels, int channels, int groups, float epsilon, float* scratch) {
  float *mu = scratch, *scale = scratch + channels;
  int size = channels / groups;
  float count = (float)pixels * size;
  for (int b = 0; b < batch; b++, mean += groups, rstd += groups) {
    clear(scratch, 2 * channels);
    add_columns(x, mu, pixels, channels);
    spread_groups(mu, channels, groups, count);
    add_squares(x, mu, scale, pixels, channels);
    spread_groups(scale, channels, groups, count);
    for (int g = 0; g < groups; g++) {
      mean[g] = mu[g * size];
      rstd[g] = 1.0f / root(scale[g * size] + epsilon);
    }
    for (int c = 0; c < channels; c++) scale[c] = rstd[c / size] * gamma[c];
    for (int p = 0; p < pixels; p++, x += channels, y += channels) {
      int c = 0;
      MAP(c, channels, y, MADD(SUB(LOAD(x + c + lane), LOAD(mu + c + lane)), LOAD(scale + c + lane), LOAD(beta + c + lane)));
      for (; c < channels; c++) y[c] = (x[c] - mu[c]) * scale[c] + beta[c];
    }
  }
}

/// Multiplies a channel's Σ dy and Σ dy · n by gamma. With an infinite gamma term by term: terms of both signs make NaN,
/// as in the composite form.
static void times_gamma(float gamma, float* plain, float* normed, const float* x, const float* dy, float mean,
                        float rstd, int pixels, int channels) {
  if (gamma - gamma == 0.0f) {
    *plain *= gamma;
    *normed *= gamma;
    return;
  }
  *plain = *normed = 0.0f;
  for (int p = 0; p < pixels; p++, x += channels, dy += channels) {
    float g = *dy * gamma;
    *plain += g;
    *normed += g * ((*x - mean) * rstd);
  }
}

INLINE f32x4 slope_four(const float* x, const float* mean, const float* rstd, const float* dy, const float* gamma,
                        const float* plain, const float* normed) {
  f32x4 scale = LOAD(rstd), n = MUL(SUB(LOAD(x), LOAD(mean)), scale);
  f32x4 g = SUB(MUL(LOAD(dy), LOAD(gamma)), LOAD(plain));
  return MUL(scale, SUB(g, MUL(n, LOAD(normed))));
}

/// With n = (x - mean) · rstd and g = dy · gamma: dx = rstd · (g - mean(g) - n · mean(g · n)) over each group,
/// dgamma = Σ dy · n, dbeta = Σ dy. `scratch` holds 4 · channels doubles.
void EXPORT(group_norm_grad)(const float* x, const float* gamma, const float* mean, const float* rstd, const float* dy,
                             float* dx, float* dgamma, float* dbeta, int batch, int pixels, int channels, int groups,
                             double* scratch) {
  double *all_dy = scratch, *all_normed = all_dy + channels;
  float *mu = (float*)(all_normed + channels), *scale = mu + channels, *plain = scale + channels, *normed = plain + channels;
  float count = (float)pixels * (channels / groups);
  __builtin_memset(all_dy, 0, 2 * (unsigned)channels * sizeof(double));
  for (int b = 0; b < batch; b++, mean += groups, rstd += groups) {
    expand_groups(mean, mu, channels, groups);
    expand_groups(rstd, scale, channels, groups);
    clear(plain, 2 * channels);
    add_gradient_sums(x, dy, mu, scale, plain, normed, pixels, channels);
    add_block(all_dy, plain, channels, 1);
    add_block(all_normed, normed, channels, 1);
    for (int c = 0; c < channels; c++) {
      times_gamma(gamma[c], plain + c, normed + c, x + c, dy + c, mu[c], scale[c], pixels, channels);
    }
    spread_groups(plain, channels, groups, count);
    spread_groups(normed, channels, groups, count);
    for (int p = 0; p < pixels; p++, x += channels, dy += channels, dx += channels) {
      int c = 0;
      MAP(c, channels, dx, slope_four(x + c + lane, mu + c + lane, scale + c + lane, dy + c + lane, gamma + c + lane, plain + c + lane, normed + c + lane));
      for (; c < channels; c++) {
        float n = (x[c] - mu[c]) * scale[c];
        dx[c] = scale[c] * (dy[c] * gamma[c] - plain[c] - n * normed[c]);
      }
    }
  }
  clear(dgamma, channels);
  clear(dbeta, channels);
  add_totals(all_normed, dgamma, channels);
  add_totals(all_dy, dbeta, channels);
}
