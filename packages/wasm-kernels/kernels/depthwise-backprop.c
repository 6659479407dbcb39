// Gradients of a depthwise 2-D convolution (NHWC). Filters are [fh, fw, in, multiplier]; output channel
// c · multiplier + q comes from input channel c.
#include "columns.h"
#include "conv2d.h"

/// Positions whose part of the filter's gradient is added up in float32; the parts are added in float64.
enum { BLOCK = 128 };

/// Where filter tap (fy, fx) of output position (oy, ox) reads, or -1 outside the image.
INLINE int source(const Conv2D* s, int image, int oy, int ox, int fy, int fx) {
  int y = oy * s->stride_height - s->pad_top + fy * s->dilation_height;
  int x = ox * s->stride_width - s->pad_left + fx * s->dilation_width;
  if (y < 0 || y >= s->in_height || x < 0 || x >= s->in_width) return -1;
  return ((image * s->in_height + y) * s->in_width + x) * s->in_channels;
}

/// to[c] += Σ_q a[…] · b[…] over the channels; see the two callers.
INLINE void accumulate(float* to, const float* a, const float* b, int count) {
  int c = 0;
  UPDATE(c, count, to, MADD(LOAD(a + c + lane), LOAD(b + c + lane), LOAD(to + c + lane)));
  for (; c < count; c++) to[c] += a[c] * b[c];
}

/// dw[fy, fx, c, q] = Σ over positions of x[source, c] · dy[position, c · multiplier + q]. `totals` holds a double for each
/// number of dw.
void EXPORT(depthwise_backprop_filter)(const float* x, const float* dy, float* dw, const Conv2D* s, double* totals) {
  int in = s->in_channels, out = s->out_channels, multiplier = in > 0 ? out / in : 1;
  int size = s->filter_height * s->filter_width * out, positions = 0;
  __builtin_memset(totals, 0, (unsigned)size * sizeof(double));
  clear(dw, size);
  for (int image = 0; image < s->batch; image++) {
    for (int oy = 0; oy < s->out_height; oy++) {
      for (int ox = 0; ox < s->out_width; ox++, dy += out) {
        if (positions++ == BLOCK) {
          add_block(totals, dw, size, 1);
          clear(dw, size);
          positions = 1;
        }
        for (int fy = 0; fy < s->filter_height; fy++) {
          for (int fx = 0; fx < s->filter_width; fx++) {
            int at = source(s, image, oy, ox, fy, fx);
            if (at < 0) continue;
            float* to = dw + (fy * s->filter_width + fx) * out;
            if (multiplier == 1) {
              accumulate(to, x + at, dy, in);
              continue;
            }
            for (int c = 0; c < in; c++) {
              for (int q = 0; q < multiplier; q++) to[c * multiplier + q] += x[at + c] * dy[c * multiplier + q];
            }
          }
        }
      }
    }
  }
  add_totals(totals, dw, size);
}

/// dx[source, c] += Σ_q w[fy, fx, c, q] · dy[position, c · multiplier + q].
void EXPORT(depthwise_backprop_input)(const float* dy, const float* w, float* dx, const Conv2D* s) {
  int in = s->in_channels, out = s->out_channels, multiplier = in > 0 ? out / in : 1;
  __builtin_memset(dx, 0, (unsigned)(s->batch * s->in_height * s->in_width * in) * sizeof(float));
  for (int image = 0; image < s->batch; image++) {
    for (int oy = 0; oy < s->out_height; oy++) {
      for (int ox = 0; ox < s->out_width; ox++, dy += out) {
        for (int fy = 0; fy < s->filter_height; fy++) {
          for (int fx = 0; fx < s->filter_width; fx++) {
            int at = source(s, image, oy, ox, fy, fx);
            if (at < 0) continue;
            const float* from = w + (fy * s->filter_width + fx) * out;
            if (multiplier == 1) {
              accumulate(dx + at, from, dy, in);
              continue;
            }
            for (int c = 0; c < in; c++) {
              for (int q = 0; q < multiplier; q++) dx[at + c] += from[c * multiplier + q] * dy[c * multiplier + q];
            }
          }
        }
      }
    }
  }
}
