// Packed matrix product for WebAssembly SIMD: a register tile over panels that fit the caches.
// Blocking as in K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication" (2008),
// https://doi.org/10.1145/1356052.1356053. Transposition costs nothing but another way of packing.
#include "thin.h"
#include "tile.h"

enum { MC = 32 * MR, KC = 384, NC = 1024, SHORT_DEPTH = 64 };

/// Packing does not pay for so few rows or so short a k where `WIDE` columns are contiguous, for `NARROW_ROWS` where fewer
/// are. Where these lie was found by measuring.
enum { FEW_ROWS = 8, SHORT = 8, WIDE = 32, NARROW_ROWS = 8 };

/// Longest k added up at once, and columns of c that a longer one is multiplied for at a time.
enum { DEEP = 32768, DEEP_COLUMNS = 512 };

SEPARATE static void full_tile(const float* a, const float* b, int k, float* c, int ldc, const float* bias,
                               int accumulate) {
  tile(a, MR, b, NR, MR, NR / 4, k, c, ldc, bias, accumulate);
}

/// The upper four rows of a tile.
SEPARATE static void upper_tile(const float* a, const float* b, int k, float* c, int ldc, const float* bias,
                                int accumulate) {
  tile(a, MR, b, NR, 4, NR / 4, k, c, ldc, bias, accumulate);
}

/// The left half of a tile.
SEPARATE static void left_tile(const float* a, const float* b, int k, float* c, int ldc, const float* bias) {
  tile(a, MR, b, NR, MR, NR / 8, k, c, ldc, bias, 0);
}

/// A tile that sticks out of the matrix: computed beside it, in the order of a full one, so that a row's numbers do not
/// depend on where it stands; then copied in part.
static void edge_tile(const float* a, const float* b, int k, float* c, int ldc, const float* bias, int accumulate, int m,
                      int n) {
  if (MR > 4 && m == 4 && n == NR) {
    upper_tile(a, b, k, c, ldc, bias, accumulate);
    return;
  }
  float whole[MR * NR], edge_bias[NR];
  for (int j = 0; j < NR; j++) edge_bias[j] = bias && !accumulate && j < n ? bias[j] : 0.0f;
  if (n <= NR / 2) left_tile(a, b, k, whole, NR, edge_bias);
  else if (MR > 4 && m <= 4) upper_tile(a, b, k, whole, NR, edge_bias, 0);
  else full_tile(a, b, k, whole, NR, edge_bias, 0);
  for (int i = 0; i < m; i++, c += ldc) {
    for (int j = 0; j < n; j += 4) {
      f32x4 v = LOAD(whole + i * NR + j);
      if (n - j >= 4) {
        STORE(c + j, accumulate ? ADD(LOAD(c + j), v) : v);
      } else {
        store_part(c + j, accumulate ? ADD(load_part(c + j, n - j), v) : v, n - j);
      }
    }
  }
}

static void packed(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias, int accumulate,
                   float* scratch) {
  float* b_pack = scratch;
  float* a_pack = scratch + KC * NC;
  int k_blocks = (k + KC - 1) / KC;
  for (int jc = 0; jc < n; jc += NC) {
    int nc = n - jc < NC ? n - jc : NC;
    for (int block = 0; block < k_blocks; block++) {
      int p = (int)((int64_t)k * block / k_blocks), kc = (int)((int64_t)k * (block + 1) / k_blocks) - p;
      int add = accumulate || block > 0;
      Matrix b_block = {b.data + p * b.row + jc * b.column, b.row, b.column};
      pack_b(b_pack, b_block, nc, kc);
      for (int ic = 0; ic < m; ic += MC) {
        int mc = m - ic < MC ? m - ic : MC;
        Matrix a_block = {a.data + ic * a.row + p * a.column, a.row, a.column};
        pack_a(a_pack, a_block, mc, kc, MR);
        // Down the columns of c a panel of b stays in the first cache; for a short k it is c that must be written in order.
        int by_rows = kc <= SHORT_DEPTH;
        for (int i = 0, j = 0; i < mc && j < nc;) {
          const float *a_panel = a_pack + i * kc, *b_panel = b_pack + j * kc;
          const float* bias_panel = bias ? bias + jc + j : 0;
          float* c_tile = c + (ic + i) * ldc + jc + j;
          if (mc - i >= MR && nc - j >= NR) {
            full_tile(a_panel, b_panel, kc, c_tile, ldc, bias_panel, add);
          } else {
            edge_tile(a_panel, b_panel, kc, c_tile, ldc, bias_panel, add, mc - i < MR ? mc - i : MR,
                      nc - j < NR ? nc - j : NR);
          }
          if (by_rows) {
            j += NR;
            if (j >= nc) j = 0, i += MR;
          } else {
            i += MR;
            if (i >= mc) i = 0, j += NR;
          }
        }
      }
    }
  }
}

/// c = 0, or the bias in every row.
static void start(float* c, int ldc, int m, int n, const float* bias) {
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) c[i * ldc + j] = bias ? bias[j] : 0.0f;
  }
}

/// The few columns of a product whose left side has contiguous columns: cᵀ = bᵀ · aᵀ, gathered in scratch memory.
static void thin_columns(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, int accumulate, const float* bias,
                         float* scratch) {
  Matrix left = {b.data, b.column, b.row};
  for (int first = 0; first < m; first += NC) {
    int count = m - first < NC ? m - first : NC;
    Matrix right = {a.data + first, a.column, 1};
    thin_updates(left, right, scratch, NC, n, count, k, 0, 0);
    for (int i = 0; i < count; i++) {
      float* row = c + (first + i) * ldc;
      for (int j = 0; j < n; j++) row[j] = (accumulate ? row[j] : bias ? bias[j] : 0.0f) + scratch[j * NC + i];
    }
  }
}

static void product(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias, int accumulate,
                    float* scratch) {
  if (k == 0) {
    if (!accumulate) start(c, ldc, m, n, bias);
  } else if (m <= THIN && b.row == 1) {
    if (!accumulate) start(c, ldc, m, n, bias);
    thin_dots(a, b, c, ldc, 1, m, n, k);
  } else if (b.column == 1 && n < WIDE && (m <= NARROW_ROWS || (n <= THIN && k <= SHORT))) {
    thin_narrow(a, b, c, ldc, m, n, k, bias, accumulate);
  } else if (n <= THIN && a.column == 1) {
    if (!accumulate) start(c, ldc, m, n, bias);
    Matrix left = {b.data, b.column, b.row}, right = {a.data, 1, a.row};
    thin_dots(left, right, c, 1, ldc, n, m, k);
  } else if (n <= THIN) {
    thin_columns(a, b, c, ldc, m, n, k, accumulate, bias, scratch);
  } else if (b.column == 1 && ((n >= WIDE && (m <= FEW_ROWS || k <= SHORT)) || k <= 4)) {
    thin_updates(a, b, c, ldc, m, n, k, bias, accumulate);
  } else {
    packed(a, b, c, ldc, m, n, k, bias, accumulate, scratch);
  }
}

/// A product over a k longer than DEEP, so that float32 keeps its digits: parts of it are multiplied in scratch memory, and
/// their sums added to c.
static void deep(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias, int accumulate,
                 float* scratch) {
  float* part = scratch + GEMM_SCRATCH - DEEP_FLOATS;
  int columns = n < DEEP_COLUMNS ? n : DEEP_COLUMNS, rows = DEEP_FLOATS / columns;
  for (int ic = 0; ic < m; ic += rows) {
    for (int jc = 0; jc < n; jc += columns) {
      int mc = m - ic < rows ? m - ic : rows, nc = n - jc < columns ? n - jc : columns;
      float* to = c + ic * ldc + jc;
      if (!accumulate) start(to, ldc, mc, nc, bias ? bias + jc : 0);
      for (int p = 0; p < k; p += DEEP) {
        Matrix left = {a.data + ic * a.row + p * a.column, a.row, a.column};
        Matrix right = {b.data + p * b.row + jc * b.column, b.row, b.column};
        product(left, right, part, nc, mc, nc, k - p < DEEP ? k - p : DEEP, 0, 0, scratch);
        for (int i = 0; i < mc; i++) {
          for (int j = 0; j < nc; j++) to[i * ldc + j] += part[i * nc + j];
        }
      }
    }
  }
}

void gemm(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias, int accumulate,
          float* scratch) {
  if (k > DEEP) deep(a, b, c, ldc, m, n, k, bias, accumulate, scratch);
  else product(a, b, c, ldc, m, n, k, bias, accumulate, scratch);
}

/// Floats of scratch memory for `matmul`.
int EXPORT(gemm_scratch)(void) { return GEMM_SCRATCH; }

/// The product of two row-major matrices.
/// a is [m, k] or, when `transpose_a`, [k, m]; b is [k, n] or, when `transpose_b`, [n, k].
void EXPORT(matmul)(const float* a, const float* b, float* c, int m, int n, int k, int transpose_a,
                    int transpose_b, const float* bias, float* scratch) {
  Matrix left = {a, transpose_a ? 1 : k, transpose_a ? m : 1};
  Matrix right = {b, transpose_b ? 1 : n, transpose_b ? k : 1};
  gemm(left, right, c, n, m, n, k, bias, 0, scratch);
}
