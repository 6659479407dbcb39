// A 2-D convolution (NHWC images, HWIO filters) and its gradients as matrix products over unfolded image patches.
#include "columns.h"
#include "conv2d.h"
#include "gemm.h"

/// Floats of one unfolded patch.
INLINE int patch_size(const Conv2D* s) { return s->filter_height * s->filter_width * s->in_channels; }

INLINE int is_pointwise(const Conv2D* s) {
  return s->filter_height == 1 && s->filter_width == 1 && s->stride_height == 1 && s->stride_width == 1 &&
         s->pad_top == 0 && s->pad_left == 0 && s->in_height == s->out_height && s->in_width == s->out_width;
}

/// For so few floats a loop is faster than `memory.copy`, which is a call in V8.
INLINE void copy(float* to, const float* from, int count) {
  int i = 0;
  MAP(i, count, to, LOAD(from + i + lane));
  for (; i < count; i++) to[i] = from[i];
}

INLINE void zero(float* to, int count) {
  int i = 0;
  for (; i + 4 <= count; i += 4) STORE(to + i, SPLAT(0));
  for (; i < count; i++) to[i] = 0;
}

/// One row of a patch, whose pixels lie `dilation` apart from column `left` of an image's row on. Neighbors are copied at once.
INLINE void unfold_row(const float* row, int width, int channels, int left, int taps, int dilation, float* to) {
  if (dilation == 1 && left >= 0 && left + taps <= width) {
    copy(to, row + left * channels, taps * channels);
    return;
  }
  for (int fx = 0; fx < taps; fx++, to += channels) {
    int x = left + fx * dilation;
    if (x < 0 || x >= width) {
      zero(to, channels);
    } else {
      copy(to, row + x * channels, channels);
    }
  }
}

/// Copies the patches of output positions `first`…`first + count - 1` of the whole batch to `patches`, one per row.
static void unfold(const float* x, const Conv2D* s, int first, int count, float* patches) {
  int channels = s->in_channels, plane = s->out_height * s->out_width, line = s->filter_width * channels;
  for (int at = first; at < first + count; at++) {
    int image = at / plane, position = at % plane;
    int top = position / s->out_width * s->stride_height - s->pad_top;
    int left = position % s->out_width * s->stride_width - s->pad_left;
    for (int fy = 0; fy < s->filter_height; fy++, patches += line) {
      int y = top + fy * s->dilation_height;
      if (y < 0 || y >= s->in_height) {
        zero(patches, line);
      } else {
        const float* row = x + (image * s->in_height + y) * s->in_width * channels;
        unfold_row(row, s->in_width, channels, left, s->filter_width, s->dilation_width, patches);
      }
    }
  }
}

INLINE void add(float* to, const float* from, int count) {
  int i = 0;
  UPDATE(i, count, to, ADD(LOAD(to + i + lane), LOAD(from + i + lane)));
  for (; i < count; i++) to[i] += from[i];
}

/// The transpose of `unfold_row`.
INLINE void fold_row(float* row, int width, int channels, int left, int taps, int dilation, const float* from) {
  if (dilation == 1 && left >= 0 && left + taps <= width) {
    add(row + left * channels, from, taps * channels);
    return;
  }
  for (int fx = 0; fx < taps; fx++, from += channels) {
    int x = left + fx * dilation;
    if (x >= 0 && x < width) add(row + x * channels, from, channels);
  }
}

/// The transpose of `unfold`: adds the patches to where they came from.
static void fold(float* dx, const Conv2D* s, int first, int count, const float* patches) {
  int channels = s->in_channels, plane = s->out_height * s->out_width, line = s->filter_width * channels;
  for (int at = first; at < first + count; at++) {
    int image = at / plane, position = at % plane;
    int top = position / s->out_width * s->stride_height - s->pad_top;
    int left = position % s->out_width * s->stride_width - s->pad_left;
    for (int fy = 0; fy < s->filter_height; fy++, patches += line) {
      int y = top + fy * s->dilation_height;
      if (y < 0 || y >= s->in_height) continue;
      float* row = dx + (image * s->in_height + y) * s->in_width * channels;
      fold_row(row, s->in_width, channels, left, s->filter_width, s->dilation_width, patches);
    }
  }
}

/// y = patches · w. `patches` holds `rows` unfolded patches.
void EXPORT(conv2d)(const float* x, const float* w, float* y, const Conv2D* s, float* patches, int rows,
                    float* scratch) {
  int total = s->batch * s->out_height * s->out_width, depth = patch_size(s), out = s->out_channels;
  Matrix b = {w, out, 1};
  if (is_pointwise(s)) {
    Matrix a = {x, depth, 1};
    gemm(a, b, y, out, total, out, depth, 0, 0, scratch);
    return;
  }
  for (int first = 0; first < total; first += rows) {
    int count = total - first < rows ? total - first : rows;
    unfold(x, s, first, count, patches);
    Matrix a = {patches, depth, 1};
    gemm(a, b, y + first * out, out, count, out, depth, 0, 0, scratch);
  }
}

/// Blocks of patches whose products are added up in float32; their sums are added in float64.
enum { BLOCKS = 16 };

/// dw[fh, fw, in, out] = Σ over positions of patchᵀ · dy. `patches` holds `rows` unfolded patches, `totals` a double for each
/// number of dw, touched where there are more than BLOCKS blocks.
void EXPORT(conv2d_backprop_filter)(const float* x, const float* dy, float* dw, const Conv2D* s, float* patches,
                                    int rows, float* scratch, double* totals) {
  int total = s->batch * s->out_height * s->out_width, depth = patch_size(s), out = s->out_channels;
  int blocks = 0, has_totals = 0;
  if (total == 0) clear(dw, depth * out);
  for (int first = 0; first < total; first += rows) {
    int count = total - first < rows ? total - first : rows;
    const float* left = is_pointwise(s) ? x + first * depth : patches;
    if (!is_pointwise(s)) unfold(x, s, first, count, patches);
    if (blocks == BLOCKS) {
      add_block(totals, dw, depth * out, has_totals);
      has_totals = 1;
      blocks = 0;
    }
    Matrix a = {left, 1, depth}, b = {dy + first * out, out, 1};
    gemm(a, b, dw, out, depth, out, count, 0, blocks++ > 0, scratch);
  }
  if (has_totals) add_totals(totals, dw, depth * out);
}

/// dx = fold(dy · wᵀ).
void EXPORT(conv2d_backprop_input)(const float* dy, const float* w, float* dx, const Conv2D* s, float* patches,
                                   int rows, float* scratch) {
  int total = s->batch * s->out_height * s->out_width, depth = patch_size(s), out = s->out_channels;
  Matrix wt = {w, 1, out};
  if (is_pointwise(s)) {
    Matrix a = {dy, out, 1};
    gemm(a, wt, dx, depth, total, depth, out, 0, 0, scratch);
    return;
  }
  __builtin_memset(dx, 0, (unsigned)(s->batch * s->in_height * s->in_width * s->in_channels) * sizeof(float));
  for (int first = 0; first < total; first += rows) {
    int count = total - first < rows ? total - first : rows;
    Matrix a = {dy + first * out, out, 1};
    gemm(a, wt, patches, depth, count, depth, out, 0, 0, scratch);
    fold(dx, s, first, count, patches);
  }
}
