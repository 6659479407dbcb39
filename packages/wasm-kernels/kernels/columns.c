// Sums over the rows of a matrix, column by column: the statistics of biases, groups of channels and filters.
// Float32 over a block of rows, float64 over the blocks.
#include "columns.h"

/// Rows of a block, and columns of a strip: what is added up at a time.
enum { BLOCK = 128, STRIP = 768 };

/// By a loop: V8 calls a function for `memory.fill`, too slow for a block's few floats.
static void zero(float* x, int size) {
  int i = 0;
  for (; i + 4 <= size; i += 4) STORE(x + i, SPLAT(0));
  for (; i < size; i++) x[i] = 0;
}

void add_block(double* totals, const float* block, int count, int add) {
  int c = 0;
  for (; c + 4 <= count; c += 4) {
    f32x4 v = LOAD(block + c);
    v128_t low = wasm_f64x2_promote_low_f32x4(v), high = wasm_f64x2_promote_low_f32x4(wasm_i32x4_shuffle(v, v, 2, 3, 2, 3));
    STORE(totals + c, add ? wasm_f64x2_add(LOAD(totals + c), low) : low);
    STORE(totals + c + 2, add ? wasm_f64x2_add(LOAD(totals + c + 2), high) : high);
  }
  for (; c < count; c++) totals[c] = add ? totals[c] + block[c] : block[c];
}

void add_totals(const double* totals, float* sums, int count) {
  for (int c = 0; c < count; c++) sums[c] = (float)(sums[c] + totals[c]);
}

/// Where a matrix [rows, columns] is read, and what its columns' terms are made of; null where a sum needs none.
typedef struct {
  const float *x, *dy, *mean, *rstd;
  int columns;
} Columns;

/// Adds the terms of some rows and the first `count` columns to one sum per column, or to two.
typedef void AddTerms(Columns in, float* sums, float* others, int rows, int count);

INLINE void add_in_blocks(AddTerms* add, Columns in, float* sums, float* others, int rows) {
  if (rows <= BLOCK) {
    add(in, sums, others, rows, in.columns);
    return;
  }
  for (int first = 0; first < in.columns; first += STRIP) {
    int count = in.columns - first < STRIP ? in.columns - first : STRIP;
    float block[2][STRIP];
    double totals[2][STRIP];
    for (int r = 0; r < rows; r += BLOCK) {
      int at = r * in.columns + first;
      Columns part = {in.x + at, in.dy ? in.dy + at : 0, in.mean ? in.mean + first : 0, in.rstd ? in.rstd + first : 0,
                      in.columns};
      zero(block[0], count);
      if (others) zero(block[1], count);
      add(part, block[0], block[1], rows - r < BLOCK ? rows - r : BLOCK, count);
      add_block(totals[0], block[0], count, r > 0);
      if (others) add_block(totals[1], block[1], count, r > 0);
    }
    add_totals(totals[0], sums + first, count);
    if (others) add_totals(totals[1], others + first, count);
  }
}

INLINE f32x4 four_rows(const float* x, int row) {
  return ADD(ADD(LOAD(x), LOAD(x + row)), ADD(LOAD(x + 2 * row), LOAD(x + 3 * row)));
}

/// Eight rows at a time: an eighth of the traffic on `sums`, and pairwise rounding.
INLINE void plain_terms(Columns in, float* sums, float* others, int rows, int count) {
  (void)others;
  const float* x = in.x;
  int r = 0, row = in.columns;
  for (; r + 8 <= rows; r += 8, x += 8 * (long)row) {
    const float *x2 = x + 2 * row, *x4 = x + 4 * row, *x6 = x + 6 * row;
    int c = 0;
    UPDATE(c, count, sums, ADD(LOAD(sums + c + lane), ADD(four_rows(x + c + lane, row), four_rows(x4 + c + lane, row))));
    for (; c < count; c++) {
      float low = (x[c] + x[row + c]) + (x2[c] + x2[row + c]), high = (x4[c] + x4[row + c]) + (x6[c] + x6[row + c]);
      sums[c] += low + high;
    }
  }
  for (; r < rows; r++, x += row) {
    int c = 0;
    UPDATE(c, count, sums, ADD(LOAD(sums + c + lane), LOAD(x + c + lane)));
    for (; c < count; c++) sums[c] += x[c];
  }
}

INLINE f32x4 add_square(f32x4 d, f32x4 sum) { return MADD(d, d, sum); }

INLINE void squared_terms(Columns in, float* sums, float* others, int rows, int count) {
  (void)others;
  const float *x = in.x, *mean = in.mean;
  for (int r = 0; r < rows; r++, x += in.columns) {
    int c = 0;
    UPDATE(c, count, sums, add_square(SUB(LOAD(x + c + lane), LOAD(mean + c + lane)), LOAD(sums + c + lane)));
    for (; c < count; c++) sums[c] += (x[c] - mean[c]) * (x[c] - mean[c]);
  }
}

INLINE void gradient_terms(Columns in, float* plain, float* normed, int rows, int count) {
  const float *x = in.x, *dy = in.dy, *mean = in.mean, *rstd = in.rstd;
  for (int r = 0; r < rows; r++, x += in.columns, dy += in.columns) {
    int c = 0;
    FOURS(c, count, {
      f32x4 plainer[VECTORS], normer[VECTORS];
      for (int v = 0; v < VECTORS; v++) {
        f32x4 n = MUL(SUB(LOAD(x + c + 4 * v), LOAD(mean + c + 4 * v)), LOAD(rstd + c + 4 * v)), d = LOAD(dy + c + 4 * v);
        plainer[v] = ADD(LOAD(plain + c + 4 * v), d);
        normer[v] = MADD(d, n, LOAD(normed + c + 4 * v));
      }
      LOADED;
      for (int v = 0; v < VECTORS; v++) STORE(plain + c + 4 * v, plainer[v]);
      for (int v = 0; v < VECTORS; v++) STORE(normed + c + 4 * v, normer[v]);
    })
    for (; c < count; c++) {
      plain[c] += dy[c];
      normed[c] += dy[c] * ((x[c] - mean[c]) * rstd[c]);
    }
  }
}

void add_columns(const float* x, float* sums, int rows, int columns) {
  add_in_blocks(plain_terms, (Columns){.x = x, .columns = columns}, sums, 0, rows);
}

void add_squares(const float* x, const float* mean, float* sums, int rows, int columns) {
  add_in_blocks(squared_terms, (Columns){.x = x, .mean = mean, .columns = columns}, sums, 0, rows);
}

void add_gradient_sums(const float* x, const float* dy, const float* mean, const float* rstd, float* plain,
                       float* normed, int rows, int columns) {
  add_in_blocks(gradient_terms, (Columns){x, dy, mean, rstd, columns}, plain, normed, rows);
}
