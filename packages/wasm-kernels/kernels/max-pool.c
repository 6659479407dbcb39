// The gradient of max pooling (NHWC images). Each place of the output gives its slope to the first largest of its window.
#include "conv2d.h"
#include "common.h"

/// Adds the slopes of one place, channel by channel. `taps` are the offsets of the window's pixels inside the image.
static void scatter(const float* x, const float* dy, float* dx, int channels, const int* taps, int count) {
  int c = 0;
  for (; c + 4 <= channels; c += 4) {
    f32x4 most = SPLAT(-__builtin_inff());
    v128_t at = wasm_i32x4_splat(-1);
    for (int t = 0; t < count; t++) {
      f32x4 value = LOAD(x + taps[t] + c), more = wasm_f32x4_gt(value, most);
      most = wasm_v128_bitselect(value, most, more);
      at = wasm_v128_bitselect(wasm_i32x4_splat(taps[t]), at, more);
    }
    int to[4];
    wasm_v128_store(to, at);
    for (int lane = 0; lane < 4; lane++) {
      if (to[lane] >= 0) dx[to[lane] + c + lane] += dy[c + lane];
    }
  }
  for (; c < channels; c++) {
    float most = -__builtin_inff();
    int at = -1;
    for (int t = 0; t < count; t++) {
      if (x[taps[t] + c] > most) most = x[taps[t] + c], at = taps[t];
    }
    if (at >= 0) dx[at + c] += dy[c];
  }
}

/// dx = 0 but for the sums of the slopes that reach each place. `taps` holds filter_height · filter_width integers.
void EXPORT(max_pool_grad)(const float* x, const float* dy, float* dx, const Conv2D* s, int* taps) {
  int channels = s->in_channels, size = s->in_height * s->in_width * channels;
  __builtin_memset(dx, 0, (unsigned)(s->batch * size) * sizeof(float));
  for (int image = 0; image < s->batch; image++, x += size, dx += size) {
    for (int oy = 0; oy < s->out_height; oy++) {
      for (int ox = 0; ox < s->out_width; ox++, dy += channels) {
        int count = 0;
        for (int fy = 0; fy < s->filter_height; fy++) {
          int y = oy * s->stride_height - s->pad_top + fy * s->dilation_height;
          for (int fx = 0; fx < s->filter_width; fx++) {
            int xx = ox * s->stride_width - s->pad_left + fx * s->dilation_width;
            int inside = y >= 0 && y < s->in_height && xx >= 0 && xx < s->in_width;
            if (inside) taps[count++] = (y * s->in_width + xx) * channels;
          }
        }
        scatter(x, dy, dx, channels, taps, count);
      }
    }
  }
}
