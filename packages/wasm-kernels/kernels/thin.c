// Products with a short side, which do not pay for packing: c is written in order, once or few times.
#include "thin.h"

/// Rows and columns of c that stay in the first cache while the rows of b pass by.
enum { ROWS = 8, COLUMNS = 512 };

/// Longest k added up at once: a longer one goes by parts, whose sums are added, so that float32 keeps their digits.
enum { PART = 512 };

/// Four floats, or the first `part` of them where it is not 0.
INLINE f32x4 load_four(const float* p, int part) { return part ? load_part(p, part) : LOAD(p); }

INLINE void store_four(float* p, f32x4 v, int part) {
  if (part) store_part(p, v, part);
  else STORE(p, v);
}

/// `vectors` times four columns of `update`, or `part` columns.
INLINE void update_columns(f32x4 x[2][5], const float* b, int b_row, float* c, int ldc, const int rows, const int depth,
                           const int vectors, int part, const float* bias, const int add) {
  f32x4 sum[2][2];
  for (int i = 0; i < rows; i++) {
    for (int v = 0; v < vectors; v++) {
      sum[i][v] = add ? load_four(c + i * ldc + 4 * v, part) : bias ? load_four(bias + 4 * v, part) : SPLAT(0);
    }
  }
  for (int p = 0; p < depth; p++) {
    for (int v = 0; v < vectors; v++) {
      f32x4 y = load_four(b + p * b_row + 4 * v, part);
      for (int i = 0; i < rows; i++) sum[i][v] = MADD(x[i][p], y, sum[i][v]);
    }
  }
  LOADED;
  for (int i = 0; i < rows; i++) {
    for (int v = 0; v < vectors; v++) store_four(c + i * ldc + 4 * v, sum[i][v], part);
  }
}

/// c (+)= a · b for one or two rows of c and `depth` rows of b.
INLINE void update(const float* a, int a_row, int a_column, const float* b, int b_row, float* c, int ldc, int n,
                   const int rows, const int depth, const float* bias, const int add) {
  f32x4 x[2][5];
  for (int i = 0; i < rows; i++) {
    for (int p = 0; p < depth; p++) x[i][p] = SPLAT_AT(a + i * a_row + p * a_column);
  }
  int j = 0;
  const int vectors = rows == 1 || BITS == 256 ? 2 : 1;
#pragma clang loop unroll(disable)
  for (; j + 4 * vectors <= n; j += 4 * vectors) {
    update_columns(x, b + j, b_row, c + j, ldc, rows, depth, vectors, 0, bias ? bias + j : 0, add);
  }
  if (j + 4 <= n) {
    update_columns(x, b + j, b_row, c + j, ldc, rows, depth, 1, 0, bias ? bias + j : 0, add);
    j += 4;
  }
  if (j < n) update_columns(x, b + j, b_row, c + j, ldc, rows, depth, 1, n - j, bias ? bias + j : 0, add);
}

static void update_any(const float* a, int a_row, int a_column, const float* b, int b_row, float* c, int ldc, int n,
                       int rows, int depth, const float* bias, int add) {
#define CASE(rows, depth, add)                                              \
  case 32 * rows + 2 * depth + add:                                           \
    update(a, a_row, a_column, b, b_row, c, ldc, n, rows, depth, bias, add); \
    break;
  switch (32 * rows + 2 * depth + add) {
    CASE(1, 1, 0)
    CASE(1, 1, 1)
    CASE(1, 2, 0)
    CASE(1, 2, 1)
    CASE(1, 3, 0)
    CASE(1, 3, 1)
    CASE(1, 4, 0)
    CASE(1, 4, 1)
    CASE(2, 1, 0)
    CASE(2, 1, 1)
    CASE(2, 2, 0)
    CASE(2, 2, 1)
    CASE(2, 3, 0)
    CASE(2, 3, 1)
    CASE(2, 4, 0)
    CASE(2, 4, 1)
    CASE(2, 5, 0)
  }
}

/// `thin_updates` of up to ROWS rows and COLUMNS columns of c over a k longer than PART.
static void update_parts(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias,
                         int accumulate) {
  float part[ROWS * COLUMNS];
  for (int p = 0; p < k; p += PART) {
    int depth = k - p < PART ? k - p : PART;
    Matrix left = {a.data + p * a.column, a.row, a.column}, right = {b.data + p * b.row, b.row, 1};
    thin_updates(left, right, part, COLUMNS, m, n, depth, 0, 0);
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        float from = accumulate || p > 0 ? c[i * ldc + j] : bias ? bias[j] : 0.0f;
        c[i * ldc + j] = from + part[i * COLUMNS + j];
      }
    }
  }
}

void thin_updates(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias, int accumulate) {
  int columns = m == 1 && k <= PART ? n : COLUMNS;
  for (int jc = 0; jc < n; jc += columns) {
    int nc = n - jc < columns ? n - jc : columns;
    for (int ic = 0; ic < m; ic += ROWS) {
      int end = m - ic < ROWS ? m : ic + ROWS;
      if (k > PART) {
        Matrix left = {a.data + ic * a.row, a.row, a.column}, right = {b.data + jc, b.row, 1};
        update_parts(left, right, c + ic * ldc + jc, ldc, end - ic, nc, k, bias ? bias + jc : 0, accumulate);
        continue;
      }
      for (int p = 0, depth; p < k; p += depth) {
        depth = k == 5 && m % 2 == 0 && !accumulate ? 5 : k - p >= 4 ? 4 : k - p;
        for (int i = ic; i < end; i += 2) {
          update_any(a.data + i * a.row + p * a.column, a.row, a.column, b.data + p * b.row + jc, b.row,
                     c + i * ldc + jc, ldc, nc, i + 1 < end ? 2 : 1, depth, bias ? bias + jc : 0, accumulate || p > 0);
        }
      }
    }
  }
}

/// c (+)= a · b for `rows` rows of c and `vectors` times four columns, of the last four only `part` unless that is 0.
INLINE void narrow(Matrix a, const float* b, int b_row, float* c, int ldc, const int rows, const int vectors, const int part,
                   int k, const float* bias, int accumulate) {
  f32x4 sum[4][4];
  for (int i = 0; i < rows; i++) {
    for (int v = 0; v < vectors; v++) {
      sum[i][v] = bias && !accumulate ? load_four(bias + 4 * v, v == vectors - 1 ? part : 0) : SPLAT(0);
    }
  }
  const float* at = a.data;
#pragma clang loop unroll(disable)
  for (int p = 0; p < k; p++, b += b_row, at += a.column) {
    f32x4 y[4];
    for (int v = 0; v < vectors; v++) y[v] = load_four(b + 4 * v, v == vectors - 1 ? part : 0);
    for (int i = 0; i < rows; i++) {
      f32x4 x = SPLAT_AT(at + i * a.row);
      for (int v = 0; v < vectors; v++) sum[i][v] = MADD(x, y[v], sum[i][v]);
    }
  }
  for (int i = 0; i < rows; i++, c += ldc) {
    for (int v = 0; v < vectors && accumulate; v++) {
      sum[i][v] = ADD(load_four(c + 4 * v, v == vectors - 1 ? part : 0), sum[i][v]);
    }
    LOADED;
    for (int v = 0; v < vectors; v++) store_four(c + 4 * v, sum[i][v], v == vectors - 1 ? part : 0);
  }
}

INLINE void narrow_rows(Matrix a, Matrix b, float* c, int ldc, const int rows, int n, int k, const float* bias,
                        int accumulate) {
#define NARROW(vectors, part) \
  narrow(a, b.data + j, b.row, c + j, ldc, rows, vectors, part, k, bias ? bias + j : 0, accumulate)
  int j = 0;
  // One row alone needs four sums to hide the latency of the additions.
  for (; rows == 1 && j + 16 <= n; j += 16) NARROW(4, 0);
  for (; j + 8 <= n; j += 8) NARROW(2, 0);
  switch (n - j) {
    case 1:
      return NARROW(1, 1);
    case 2:
      return NARROW(1, 2);
    case 3:
      return NARROW(1, 3);
    case 4:
      return NARROW(1, 0);
    case 5:
      return NARROW(2, 1);
    case 6:
      return NARROW(2, 2);
    case 7:
      return NARROW(2, 3);
  }
}

static void narrow_part(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias,
                        int accumulate) {
  for (; m >= 4; m -= 4, a.data += 4 * a.row, c += 4 * ldc) narrow_rows(a, b, c, ldc, 4, n, k, bias, accumulate);
  if (m == 1) narrow_rows(a, b, c, ldc, 1, n, k, bias, accumulate);
  if (m == 2) narrow_rows(a, b, c, ldc, 2, n, k, bias, accumulate);
  if (m == 3) narrow_rows(a, b, c, ldc, 3, n, k, bias, accumulate);
}

void thin_narrow(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias, int accumulate) {
  for (int p = 0; p < k; p += PART, a.data += PART * a.column, b.data += PART * b.row) {
    narrow_part(a, b, c, ldc, m, n, k - p < PART ? k - p : PART, bias, accumulate || p > 0);
  }
}

/// Up to three rows times a matrix whose columns lie along k: dot products, four columns at a time.
INLINE void dots(Matrix a, Matrix b, float* c, int row, int column, const int m, int n, int k) {
  for (int j = 0; j < n; j += 4) {
    int width = n - j < 4 ? n - j : 4;
    const float* b0 = b.data + j * b.column;
    const float* b1 = width > 1 ? b0 + b.column : b0;
    const float* b2 = width > 2 ? b0 + 2 * b.column : b0;
    const float* b3 = width > 3 ? b0 + 3 * b.column : b0;
    f32x4 s[THIN][4];
    for (int i = 0; i < m; i++) s[i][0] = s[i][1] = s[i][2] = s[i][3] = SPLAT(0);
    int p = 0;
    for (; p + 4 <= k; p += 4) {
      f32x4 v0 = LOAD(b0 + p), v1 = LOAD(b1 + p), v2 = LOAD(b2 + p), v3 = LOAD(b3 + p);
      for (int i = 0; i < m; i++) {
        const float* at = a.data + i * a.row + p * a.column;
        f32x4 x = a.column == 1 ? LOAD(at)
                                : wasm_f32x4_make(at[0], at[a.column], at[2 * a.column], at[3 * a.column]);
        s[i][0] = MADD(x, v0, s[i][0]), s[i][1] = MADD(x, v1, s[i][1]);
        s[i][2] = MADD(x, v2, s[i][2]), s[i][3] = MADD(x, v3, s[i][3]);
      }
    }
    for (int i = 0; i < m; i++) {
      float sum[4] = {lanes_sum(s[i][0]), lanes_sum(s[i][1]), lanes_sum(s[i][2]), lanes_sum(s[i][3])};
      for (int q = p; q < k; q++) {
        float x = a.data[i * a.row + q * a.column];
        sum[0] += x * b0[q], sum[1] += x * b1[q], sum[2] += x * b2[q], sum[3] += x * b3[q];
      }
      for (int w = 0; w < width; w++) c[i * row + (j + w) * column] += sum[w];
    }
  }
}

void thin_dots(Matrix a, Matrix b, float* c, int row, int column, int m, int n, int k) {
  enum { LONG = 4 * PART };  // in four lanes
  for (int p = 0; p < k; p += LONG, a.data += LONG * a.column, b.data += LONG) {
    int depth = k - p < LONG ? k - p : LONG;
    if (m == 1) dots(a, b, c, row, column, 1, n, depth);
    if (m == 2) dots(a, b, c, row, column, 2, n, depth);
    if (m == 3) dots(a, b, c, row, column, 3, n, depth);
  }
}
