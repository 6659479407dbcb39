// The order in which the register tile reads its operands.
#include "pack.h"

/// Four rows, one column of four after the other: dst[stride * p + r] = a(r, p). Rows past `rows` hold any numbers.
INLINE void pack_four(float* dst, int stride, const float* src, int row, int column, int rows, int k) {
  if (row == 1) {
    for (int p = 0; p < k; p++) {
      // What is read too much lies in the next columns, but for the last three.
      int whole = rows >= 4 || p + 3 < k;
      STORE(dst + p * stride, whole ? LOAD(src + p * column) : load_part(src + p * column, rows));
    }
    return;
  }
  const float *s0 = src, *s1 = src + row, *s2 = src + 2 * row, *s3 = src + 3 * row;
  f32x4 zero = SPLAT(0);
  int p = 0;
  if (column == 1) {
    for (; p + 4 <= k; p += 4) {
      f32x4 v1 = rows > 1 ? LOAD(s1 + p) : zero, v2 = rows > 2 ? LOAD(s2 + p) : zero;
      f32x4 v3 = rows > 3 ? LOAD(s3 + p) : zero;
      store_transposed(LOAD(s0 + p), v1, v2, v3, dst + p * stride, stride);
    }
  }
  for (; p < k; p++) {
    float* to = dst + p * stride;
    to[0] = s0[p * column];
    to[1] = rows > 1 ? s1[p * column] : 0.0f;
    to[2] = rows > 2 ? s2[p * column] : 0.0f;
    to[3] = rows > 3 ? s3[p * column] : 0.0f;
  }
}

/// Four panels of MR rows whose columns are contiguous: whole cache lines are read, once.
INLINE void copy_four(float* dst, const float* src, int column, int k) {
  for (int p = 0; p < k; p++, src += column, dst += MR) {
    for (int panel = 0; panel < 4; panel++) {
      const float* from = src + panel * MR;
      float* to = dst + panel * MR * k;
      STORE(to, LOAD(from));
      if (MR == 6) wasm_v128_store64_lane(to + 4, wasm_v128_load64_zero(from + 4), 0);
    }
  }
}

/// A panel of six rows that are contiguous.
INLINE void transpose_six(float* dst, const float* src, int row, int k) {
  int p = 0;
  for (; p + 4 <= k; p += 4, src += 4, dst += 24) {
    f32x4 fifth = LOAD(src + 4 * row), sixth = LOAD(src + 5 * row);
    store_transposed(LOAD(src), LOAD(src + row), LOAD(src + 2 * row), LOAD(src + 3 * row), dst, 6);
    f32x4 low = wasm_i32x4_shuffle(fifth, sixth, 0, 4, 1, 5), high = wasm_i32x4_shuffle(fifth, sixth, 2, 6, 3, 7);
    wasm_v128_store64_lane(dst + 4, low, 0);
    wasm_v128_store64_lane(dst + 10, low, 1);
    wasm_v128_store64_lane(dst + 16, high, 0);
    wasm_v128_store64_lane(dst + 22, high, 1);
  }
  for (; p < k; p++, src++, dst += 6) {
    for (int r = 0; r < 6; r++) dst[r] = src[r * row];
  }
}

void pack_a(float* dst, Matrix a, int m, int k, int rows) {
  if (MR == 4) rows = 4;  // the only number there; for the compiler to know
  int i = 0;
  for (; rows == MR && a.row == 1 && i + 4 * MR <= m; i += 4 * MR, dst += 4 * MR * k) copy_four(dst, a.data + i, a.column, k);
  for (; rows == 6 && a.column == 1 && i + 6 <= m; i += 6, dst += 6 * k) transpose_six(dst, a.data + i * a.row, a.row, k);
  for (; i < m; i += rows, dst += rows * k) {
    // From the last four rows on: what a store writes too much lies where the next one writes.
    for (int r = (rows - 1) / 4 * 4; r >= 0; r -= 4) {
      int count = m - i < rows ? m - i - r : rows - r;
      if (count > 0) pack_four(dst + r, rows, a.data + (i + r) * a.row, a.row, a.column, count, k);
    }
  }
}

/// Columns that lie side by side, `panels` panels of them.
INLINE void copy_panels(float* dst, const float* src, int row, int k, const int panels) {
  for (int p = 0; p < k; p++, src += row, dst += NR) {
    for (int panel = 0; panel < panels; panel++) {
      for (int j = 0; j < NR; j += 8) {
        f32x4 low = LOAD(src + panel * NR + j), high = LOAD(src + panel * NR + j + 4);
        STORE(dst + panel * NR * k + j, low), STORE(dst + panel * NR * k + j + 4, high);
      }
    }
  }
}

void pack_b_panel(float* dst, const float* src, Matrix b, int n, int k) {
  if (b.column == 1 && n >= NR) {
    copy_panels(dst, src, b.row, k, 1);
    return;
  }
  for (int j = 0; j < NR; j += 4) {
    if (j < n) {
      pack_four(dst + j, NR, src + j * b.column, b.column, b.row, n - j, k);
    } else {
      for (int p = 0; p < k; p++) STORE(dst + p * NR + j, SPLAT(0));
    }
  }
}

void pack_b(float* dst, Matrix b, int n, int k) {
  enum { PANELS = 32 / NR };  // read whole cache lines, once
  int j = 0;
  for (; b.column == 1 && j + PANELS * NR <= n; j += PANELS * NR) copy_panels(dst + j * k, b.data + j, b.row, k, PANELS);
  for (; j < n; j += NR) pack_b_panel(dst + j * k, b.data + j * b.column, b, n - j, k);
}
