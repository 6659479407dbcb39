// Packed matrix product for WebAssembly SIMD: a 4×8 register tile over panels that fit the caches.
// Blocking as in K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication" (2008),
// https://doi.org/10.1145/1356052.1356053. Transposition costs nothing but another way of packing.
#include "tile.h"

enum { MC = 128, KC = 384, NC = 1024, THIN = 3, UNPACKED_ROWS = 24 };

static void full_tile(const float* a, const float* b, int bs, int k, float* c, int ldc, const float* bias,
                      int accumulate) {
  tile(a, MR, b, bs, k, c, ldc, bias, accumulate);
}

/// A tile that sticks out of the matrix: computed whole beside it, then copied in part.
static void edge_tile(const float* a, const float* b, int bs, int k, float* c, int ldc, const float* bias,
                      int accumulate, int m, int n, float* temporary) {
  for (int i = 0; i < MR; i++) {
    for (int j = 0; j < NR; j++) {
      int inside = i < m && j < n;
      temporary[i * NR + j] = !inside ? 0.0f : accumulate ? c[i * ldc + j] : bias ? bias[j] : 0.0f;
    }
  }
  full_tile(a, b, bs, k, temporary, NR, 0, 1);
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) c[i * ldc + j] = temporary[i * NR + j];
  }
}

static void packed(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias, int accumulate,
                   float* scratch) {
  float* b_pack = scratch;
  float* a_pack = scratch + KC * NC;
  float* temporary = a_pack + KC * MC;
  // Few rows do not pay for a copy of b; its edge panel is packed all the same, lest it be read past its end.
  int direct = b.column == 1 && m <= UNPACKED_ROWS;
  int k_blocks = (k + KC - 1) / KC;
  for (int jc = 0; jc < n; jc += NC) {
    int nc = n - jc < NC ? n - jc : NC;
    for (int block = 0; block < k_blocks; block++) {
      int p = (int)((int64_t)k * block / k_blocks), kc = (int)((int64_t)k * (block + 1) / k_blocks) - p;
      int add = accumulate || block > 0;
      const float* b_block = b.data + p * b.row + jc * b.column;
      for (int j = 0; j < nc; j += NR) {
        if (!direct || nc - j < NR) pack_b_panel(b_pack + j * kc, b_block + j * b.column, b, nc - j, kc);
      }
      for (int ic = 0; ic < m; ic += MC) {
        int mc = m - ic < MC ? m - ic : MC;
        Matrix a_block = {a.data + ic * a.row + p * a.column, a.row, a.column};
        pack_a(a_pack, a_block, mc, kc);
        for (int j = 0; j < nc; j += NR) {
          int in_place = direct && nc - j >= NR;
          const float* b_panel = in_place ? b_block + j : b_pack + j * kc;
          int bs = in_place ? b.row : NR;
          const float* bias_panel = bias ? bias + jc + j : 0;
          float* c_panel = c + ic * ldc + jc + j;
          int nr = nc - j;
          for (int i = 0; i < mc; i += MR) {
            if (mc - i >= MR && nr >= NR) {
              full_tile(a_pack + i * kc, b_panel, bs, kc, c_panel + i * ldc, ldc, bias_panel, add);
            } else {
              edge_tile(a_pack + i * kc, b_panel, bs, kc, c_panel + i * ldc, ldc, bias_panel, add,
                        mc - i < MR ? mc - i : MR, nr < NR ? nr : NR, temporary);
            }
          }
        }
      }
    }
  }
}

/// Up to three rows times a matrix whose columns lie along k: dot products, four columns at a time.
INLINE void thin_dots(Matrix a, Matrix b, float* c, int row, int column, const int m, int n, int k) {
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

/// Up to three rows times a matrix whose rows are contiguous: b is read once, in order, four of its rows together.
INLINE void thin_rows(Matrix a, Matrix b, float* c, int row, const int m, int n, int k) {
  for (int p = 0; p < k; p += 4) {
    int depth = k - p < 4 ? k - p : 4;
    const float* b0 = b.data + p * b.row;
    f32x4 x[THIN][4];
    for (int i = 0; i < m; i++) {
      for (int q = 0; q < 4; q++) x[i][q] = SPLAT(q < depth ? a.data[i * a.row + (p + q) * a.column] : 0.0f);
    }
    int j = 0;
    if (depth == 4) {
      for (; j + 4 <= n; j += 4) {
        f32x4 v0 = LOAD(b0 + j), v1 = LOAD(b0 + b.row + j);
        f32x4 v2 = LOAD(b0 + 2 * b.row + j), v3 = LOAD(b0 + 3 * b.row + j);
        for (int i = 0; i < m; i++) {
          float* to = c + i * row + j;
          f32x4 low = MADD(x[i][1], v1, MADD(x[i][0], v0, LOAD(to)));
          STORE(to, MADD(x[i][3], v3, MADD(x[i][2], v2, low)));
        }
      }
    } else {
      for (int q = 0; q < depth; q++) {
        for (j = 0; j + 4 <= n; j += 4) {
          f32x4 v = LOAD(b0 + q * b.row + j);
          for (int i = 0; i < m; i++) STORE(c + i * row + j, MADD(x[i][q], v, LOAD(c + i * row + j)));
        }
      }
    }
    for (; j < n; j++) {
      for (int i = 0; i < m; i++) {
        for (int q = 0; q < depth; q++) {
          c[i * row + j] += wasm_f32x4_extract_lane(x[i][q], 0) * b0[q * b.row + j];
        }
      }
    }
  }
}

static void thin(Matrix a, Matrix b, float* c, int row, int column, int m, int n, int k, float* scratch) {
  if (b.column != 1) {
    if (m == 1) thin_dots(a, b, c, row, column, 1, n, k);
    if (m == 2) thin_dots(a, b, c, row, column, 2, n, k);
    if (m == 3) thin_dots(a, b, c, row, column, 3, n, k);
    return;
  }
  // Thin columns of c are gathered in scratch memory, where they are contiguous.
  for (int first = 0; first < n; first += NC) {
    int width = n - first < NC ? n - first : NC;
    if (column == 1) width = n;
    Matrix part = {b.data + first, b.row, 1};
    float* to = column == 1 ? c : scratch;
    int stride = column == 1 ? row : NC;
    if (column != 1) {
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < width; j++) to[i * NC + j] = c[i * row + (first + j) * column];
      }
    }
    if (m == 1) thin_rows(a, part, to, stride, 1, width, k);
    if (m == 2) thin_rows(a, part, to, stride, 2, width, k);
    if (m == 3) thin_rows(a, part, to, stride, 3, width, k);
    if (column == 1) return;
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < width; j++) c[i * row + (first + j) * column] = to[i * NC + j];
    }
  }
}

static void start(float* c, int ldc, int m, int n, const float* bias) {
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) c[i * ldc + j] = bias ? bias[j] : 0.0f;
  }
}

void gemm(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias, int accumulate,
          float* scratch) {
  if (k == 0 || m <= THIN || n <= THIN) {
    if (!accumulate) start(c, ldc, m, n, bias);
    if (k == 0) return;
    if (m <= THIN) {
      thin(a, b, c, ldc, 1, m, n, k, scratch);
    } else {
      // cᵀ = bᵀ · aᵀ
      Matrix bt = {b.data, b.column, b.row}, at = {a.data, a.column, a.row};
      thin(bt, at, c, 1, ldc, n, m, k, scratch);
    }
    return;
  }
  packed(a, b, c, ldc, m, n, k, bias, accumulate, scratch);
}

/// Floats of scratch memory for `matmul`.
int EXPORT(gemm_scratch)(void) { return GEMM_SCRATCH; }

/// `batches` products of row-major matrices, each `a_step`, `b_step`, `c_step` floats after the last.
/// a is [m, k] or, when `transpose_a`, [k, m]; b is [k, n] or, when `transpose_b`, [n, k].
void EXPORT(matmul)(const float* a, const float* b, float* c, int m, int n, int k, int transpose_a,
                    int transpose_b, const float* bias, float* scratch) {
  Matrix left = {a, transpose_a ? 1 : k, transpose_a ? m : 1};
  Matrix right = {b, transpose_b ? 1 : n, transpose_b ? k : 1};
  gemm(left, right, c, n, m, n, k, bias, 0, scratch);
}

/// Speed of light: multiply-adds on registers only, 96 · `rounds` flops in 12 independent sums, enough to hide the
/// latency of both operations. The ceiling that the bench divides by.
float EXPORT(peak)(int rounds) {
  f32x4 x = SPLAT(0.999f), y = SPLAT(0.001f);
  f32x4 s0 = y, s1 = y, s2 = y, s3 = y, s4 = y, s5 = y, s6 = y, s7 = y, s8 = y, s9 = y, s10 = y, s11 = y;
#pragma clang loop unroll(disable)
  for (int i = 0; i < rounds; i++) {
    s0 = MADD(s0, x, y), s1 = MADD(s1, x, y), s2 = MADD(s2, x, y), s3 = MADD(s3, x, y);
    s4 = MADD(s4, x, y), s5 = MADD(s5, x, y), s6 = MADD(s6, x, y), s7 = MADD(s7, x, y);
    s8 = MADD(s8, x, y), s9 = MADD(s9, x, y), s10 = MADD(s10, x, y), s11 = MADD(s11, x, y);
  }
  f32x4 low = ADD(ADD(s0, s1), ADD(s2, s3)), middle = ADD(ADD(s4, s5), ADD(s6, s7));
  return lanes_sum(ADD(ADD(low, middle), ADD(ADD(s8, s9), ADD(s10, s11))));
}
