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

void pack_a(float* dst, Matrix a, int m, int k) {
  for (int i = 0; i < m; i += MR, dst += MR * k) {
    pack_four(dst, MR, a.data + i * a.row, a.row, a.column, m - i, k);
  }
}

void pack_b_panel(float* dst, const float* src, Matrix b, int n, int k) {
  if (b.column == 1 && n >= NR) {
    for (int p = 0; p < k; p++, src += b.row, dst += NR) {
      STORE(dst, LOAD(src));
      STORE(dst + 4, LOAD(src + 4));
    }
    return;
  }
  pack_four(dst, NR, src, b.column, b.row, n, k);
  if (n > 4) {
    pack_four(dst + 4, NR, src + 4 * b.column, b.column, b.row, n - 4, k);
  } else {
    for (int p = 0; p < k; p++) STORE(dst + p * NR + 4, SPLAT(0));
  }
}

void pack_b(float* dst, Matrix b, int n, int k) {
  int j = 0;
  // Four panels at once read whole cache lines, once.
  for (; b.column == 1 && j + 4 * NR <= n; j += 4 * NR) {
    const float* from = b.data + j;
    float* to = dst + j * k;
    for (int p = 0; p < k; p++, from += b.row, to += NR) {
      for (int panel = 0; panel < 4; panel++) {
        STORE(to + panel * NR * k, LOAD(from + panel * NR));
        STORE(to + panel * NR * k + 4, LOAD(from + panel * NR + 4));
      }
    }
  }
  for (; j < n; j += NR) pack_b_panel(dst + j * k, b.data + j * b.column, b, n - j, k);
}
