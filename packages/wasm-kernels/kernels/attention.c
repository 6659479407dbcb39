// Multi-head attention softmax(scale · q·kᵀ)·v and its gradient, head by head. Scores exist for NR queries at a time,
// one query to a lane, so that the softmax is a column's affair without sums across lanes, and its result lies as the
// next product wants it. The backward pass computes them again from the log-sum-exp, as in T. Dao et al. 2022,
// FlashAttention, https://arxiv.org/abs/2205.14135.
#include "activation.h"
#include "tile.h"

/// The backward pass sums over at most QUERY_BLOCK queries in registers before it adds to dk and dv, over a multiple of
/// QUERIES: the same for every build's NR, so that all of them round alike.
enum { QUERY_BLOCK = 128, QUERIES = 16 };

/// Keys, or queries, to a tile: NR must be a multiple.
enum { KR = 4 };

#define LOG2_E 1.44269504088896341f
#define LN_2 0.693147180559945309f

INLINE int round_up(int x, int unit) { return (x + unit - 1) / unit * unit; }

/// Floats of scratch memory, for both directions.
int EXPORT(attention_scratch)(int tokens, int size) {
  int keys = round_up(tokens, KR), columns = round_up(size, NR);
  int head = 2 * keys * size + tokens * columns, panel = NR * (2 * size + 2 * keys);
  return head + panel + 2 * QUERY_BLOCK * (keys + columns);
}

/// ln x for x ≥ 1 through its exponent and Cephes' logf polynomial.
INLINE float log_of(float x) {
  if (!(x < __builtin_inff())) return x;
  union { float f; uint32_t i; } u = {x};
  int e = (int)(u.i >> 23) - 126;
  u.i = (u.i & 0x007fffff) | 0x3f000000;
  float m = u.f;
  if (m < 0.70710678f) {
    e--;
    m = m + m - 1.0f;
  } else {
    m = m - 1.0f;
  }
  float z = m * m;
  float y = 7.0376836292e-2f;
  y = y * m - 1.1514610310e-1f;
  y = y * m + 1.1676998740e-1f;
  y = y * m - 1.2420140846e-1f;
  y = y * m + 1.4249322787e-1f;
  y = y * m - 1.6668057665e-1f;
  y = y * m + 2.0000714765e-1f;
  y = y * m - 2.4999993993e-1f;
  y = y * m + 3.3333331174e-1f;
  y = y * m * z + e * -2.12194440e-4f - 0.5f * z;
  return m + y + e * 0.693359375f;
}

static void tile_of_packed(const float* a, const float* b, int k, float* c, int ldc, int accumulate) {
  tile(a, KR, b, NR, KR, NR / 4, k, c, ldc, 0, accumulate);
}

static void tile_of_panel(const float* a, const float* b, int k, float* c, int ldc) {
  tile(a, NR, b, NR, KR, NR / 4, k, c, ldc, 0, 0);
}

/// c[m, n] = temporary[m, n], or +=: the part of a tile that lies in the matrix.
static void put_part(const float* temporary, float* c, int ldc, int m, int n, int accumulate) {
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) c[i * ldc + j] = (accumulate ? c[i * ldc + j] : 0.0f) + temporary[i * NR + j];
  }
}

/// All columns of a matrix in panels of NR.
static void pack_panels(float* dst, const float* data, int ld, int rows, int columns) {
  Matrix b = {data, ld, 1};
  pack_b(dst, b, columns, rows);
}

/// The transpose of up to NR rows: panel[size][NR] = factor · rowsᵀ.
static void pack_rows(float* panel, const float* rows, int ld, int count, int size, float factor) {
  Matrix transposed = {rows, 1, ld};
  pack_b_panel(panel, rows, transposed, count, size);
  if (factor == 1.0f) return;
  int i = 0;
  UPDATE(i, NR * size, panel, MUL(LOAD(panel + i + lane), SPLAT(factor)));
}

/// scores[keys][NR] = k · panel, with `k` packed by four.
static void panel_scores(const float* k, const float* panel, int keys, int size, float* scores) {
  for (int i = 0; i < keys; i += KR) tile_of_packed(k + i * size, panel, size, scores + i * NR, NR, 0);
}

/// c[count, size] = panel[keys][NR]ᵀ · b, with `b` in panels of NR columns.
static void panel_times(const float* panel, const float* b, int keys, int size, float* c, int ldc, int count) {
  for (int j = 0; j < size; j += NR, b += NR * keys) {
    for (int i = 0; i < count; i += KR) {
      float* to = c + i * ldc + j;
      if (count - i >= KR && size - j >= NR) {
        tile_of_panel(panel + i, b, keys, to, ldc);
      } else {
        float temporary[KR * NR];
        tile_of_panel(panel + i, b, keys, temporary, NR);
        put_part(temporary, to, ldc, count - i < KR ? count - i : KR, size - j < NR ? size - j : NR, 0);
      }
    }
  }
}

/// c[keys, size] (+)= a · b over `count` queries, with `a` packed by four keys, `a_step` queries to each four, and `b` in
/// panels of NR columns.
static void add_over_queries(const float* a, int a_step, const float* b, int keys, int size, int count, float* c, int ldc,
                             int accumulate) {
  for (int i = 0; i < keys; i += KR, a += KR * a_step) {
    for (int j = 0; j < size; j += NR) {
      const float* panel = b + j * count;
      float* to = c + i * ldc + j;
      if (keys - i >= KR && size - j >= NR) {
        tile_of_packed(a, panel, count, to, ldc, accumulate);
      } else {
        float temporary[KR * NR];
        tile_of_packed(a, panel, count, temporary, NR, 0);
        put_part(temporary, to, ldc, keys - i < KR ? keys - i : KR, size - j < NR ? size - j : NR, accumulate);
      }
    }
  }
}

/// scores = 2^(scores - the largest of their column), unnormalized; returns both per column.
static void softmax_columns(float* scores, int keys, float* top, float* total, const Constants* k) {
  enum { VECTORS = NR / 4 };
  f32x4 most[VECTORS], sum[VECTORS];
  UNROLL for (int v = 0; v < VECTORS; v++) most[v] = LOAD(scores + 4 * v), sum[v] = SPLAT(0);
  // Where `pmax` passes over a NaN, the sum below does not.
  for (int i = 1; i < keys; i++) {
    UNROLL for (int v = 0; v < VECTORS; v++) most[v] = wasm_f32x4_pmax(most[v], LOAD(scores + i * NR + 4 * v));
  }
  UNROLL for (int v = 0; v < VECTORS; v++) STORE(top + 4 * v, most[v]);
  for (int i = 0; i < keys; i++) {
    f32x4 e[VECTORS];
    UNROLL for (int v = 0; v < VECTORS; v++) {
      e[v] = exp2_4(SUB(LOAD(scores + i * NR + 4 * v), LOAD(top + 4 * v)), k);
      sum[v] = ADD(sum[v], e[v]);
    }
    LOADED;
    UNROLL for (int v = 0; v < VECTORS; v++) STORE(scores + i * NR + 4 * v, e[v]);
  }
  UNROLL for (int v = 0; v < VECTORS; v++) STORE(total + 4 * v, sum[v]);
}

/// qkv [batch, tokens, 3 · heads · size] → out [batch, queries, heads · size], log_sum_exp [batch, heads, queries].
void EXPORT(attention)(const float* qkv, float* out, float* log_sum_exp, int batch, int tokens, int heads, int size,
                       int queries, float scale, float* scratch) {
  int width = heads * size, ld = 3 * width, keys = round_up(tokens, KR);
  Constants table;
  const Constants* fixed = constants(&table);
  float *k_packed = scratch, *v_panels = k_packed + keys * size;
  float *q_panel = v_panels + tokens * round_up(size, NR), *scores = q_panel + NR * size;
  for (int head = 0; head < batch * heads; head++) {
    int b = head / heads, h = head % heads;
    const float* q = qkv + b * tokens * ld + h * size;
    float* lse = log_sum_exp + head * queries;
    Matrix k = {q + width, ld, 1};
    pack_a(k_packed, k, tokens, size, KR);
    pack_panels(v_panels, q + 2 * width, ld, tokens, size);
    for (int first = 0; first < queries; first += NR) {
      int count = queries - first < NR ? queries - first : NR;
      float top[NR], total[NR];
      // Scores are in units of ln 2: see exp2_4.
      pack_rows(q_panel, q + first * ld, ld, count, size, scale * LOG2_E);
      panel_scores(k_packed, q_panel, keys, size, scores);
      softmax_columns(scores, tokens, top, total, fixed);
      float* rows = out + (b * queries + first) * width + h * size;
      panel_times(scores, v_panels, tokens, size, rows, width, count);
      for (int i = 0; i < count; i++, rows += width) {
        float inverse = 1.0f / total[i];
        int j = 0;
        UPDATE(j, size, rows, MUL(LOAD(rows + j + lane), SPLAT(inverse)));
        for (; j < size; j++) rows[j] *= inverse;
        lse[first + i] = top[i] * LN_2 + log_of(total[i]);
      }
    }
  }
}

INLINE float dot(const float* a, const float* b, int size) {
  f32x4 sum = SPLAT(0);
  int i = 0;
  for (; i + 4 <= size; i += 4) sum = MADD(LOAD(a + i), LOAD(b + i), sum);
  float total = lanes_sum(sum);
  for (; i < size; i++) total += a[i] * b[i];
  return total;
}

/// Σ dy · out of a row, in the place of Σ P · dP. With an infinity in `dy` every dP is infinite, and that sum is NaN or
/// takes every dS with it: NaN then, as in the composite form.
INLINE float gradient_along(const float* dy, const float* out, int size) {
  float total = dot(dy, out, size);
  if (total - total == 0.0f) return total;
  for (int i = 0; i < size; i++) total += dy[i] - dy[i];
  return total;
}

/// From the scores s and dP of NR queries: P = 2^(s - shift) and dS = scale · P · (dP - dots). dS replaces the scores;
/// both go packed by four keys to `p` and `ds`, `step` queries to each four keys. Keys from `tokens` on get zeros.
static void panel_gradient(float* scores, const float* d_p, const float* shift, const float* dots, float scale, int tokens,
                           float* p, float* ds, int step, const Constants* k) {
  for (int i = 0; i < tokens; i += KR, p += KR * step, ds += KR * step) {
    for (int lane = 0; lane < NR; lane += 8) {
      f32x4 probability[2][KR], slope[2][KR];
      for (int r = 0; r < KR; r++) {
        float* s = scores + (i + r) * NR + lane;
        const float *d_p4 = d_p + (i + r) * NR + lane, *shift4 = shift + lane, *dots4 = dots + lane;
        for (int half = 0; half < 2; half++) {
          f32x4 e = exp2_4(SUB(LOAD(s + 4 * half), LOAD(shift4 + 4 * half)), k);
          f32x4 d = MUL(MUL(e, SPLAT(scale)), SUB(LOAD(d_p4 + 4 * half), LOAD(dots4 + 4 * half)));
          probability[half][r] = i + r < tokens ? e : SPLAT(0);
          slope[half][r] = i + r < tokens ? d : SPLAT(0);
        }
        LOADED;
        STORE(s, slope[0][r]), STORE(s + 4, slope[1][r]);
      }
      for (int half = 0; half < 2; half++) {
        f32x4 *e = probability[half], *d = slope[half];
        store_transposed(e[0], e[1], e[2], e[3], p + (lane + 4 * half) * KR, KR);
        store_transposed(d[0], d[1], d[2], d[3], ds + (lane + 4 * half) * KR, KR);
      }
    }
  }
}

/// With P = exp(scale · q·kᵀ - lse), dP = dy·vᵀ and dS = scale · P · (dP - Σ dy · out):
/// dq = dS·k, dk = dSᵀ·q, dv = Pᵀ·dy.
void EXPORT(attention_grad)(const float* qkv, const float* out, const float* log_sum_exp, const float* dy, float* dqkv,
                            int batch, int tokens, int heads, int size, int queries, float scale, float* scratch) {
  int width = heads * size, ld = 3 * width, keys = round_up(tokens, KR), columns = round_up(size, NR);
  Constants table;
  const Constants* fixed = constants(&table);
  float *k_packed = scratch, *v_packed = k_packed + keys * size, *k_panels = v_packed + keys * size;
  float *q_panel = k_panels + tokens * columns, *dy_panel = q_panel + NR * size;
  float *scores = dy_panel + NR * size, *d_p = scores + NR * keys;
  float *p = d_p + NR * keys, *ds = p + QUERY_BLOCK * keys;
  float *q_panels = ds + QUERY_BLOCK * keys, *dy_panels = q_panels + QUERY_BLOCK * columns;
  // What no query writes: the gradient of the queries that were not asked, or of everything when none was.
  if (queries < tokens) __builtin_memset(dqkv, 0, (unsigned)(batch * tokens * ld) * sizeof(float));
  int blocks = (queries + QUERY_BLOCK - 1) / QUERY_BLOCK;
  int block = blocks > 0 ? round_up((queries + blocks - 1) / blocks, QUERIES) : 0;
  for (int head = 0; head < batch * heads; head++) {
    int b = head / heads, h = head % heads;
    const float* q = qkv + b * tokens * ld + h * size;
    float* dq = dqkv + b * tokens * ld + h * size;
    Matrix k = {q + width, ld, 1}, v = {q + 2 * width, ld, 1};
    pack_a(k_packed, k, tokens, size, KR);
    pack_a(v_packed, v, tokens, size, KR);
    pack_panels(k_panels, k.data, ld, tokens, size);
    for (int start = 0; start < queries; start += block) {
      int in_block = queries - start < block ? queries - start : block;
      const float* dy_block = dy + (b * queries + start) * width + h * size;
      const float* out_block = out + (b * queries + start) * width + h * size;
      for (int first = 0; first < in_block; first += NR) {
        int count = in_block - first < NR ? in_block - first : NR;
        float shift[NR] = {0}, dots[NR] = {0};
        for (int i = 0; i < count; i++) {
          int row = (first + i) * width;
          shift[i] = log_sum_exp[head * queries + start + first + i] * LOG2_E;
          dots[i] = gradient_along(dy_block + row, out_block + row, size);
        }
        pack_rows(q_panel, q + (start + first) * ld, ld, count, size, scale * LOG2_E);
        pack_rows(dy_panel, dy_block + first * width, width, count, size, 1.0f);
        panel_scores(k_packed, q_panel, keys, size, scores);
        panel_scores(v_packed, dy_panel, keys, size, d_p);
        panel_gradient(scores, d_p, shift, dots, scale, tokens, p + first * KR, ds + first * KR, block, fixed);
        panel_times(scores, k_panels, tokens, size, dq + (start + first) * ld, ld, count);
      }
      pack_panels(q_panels, q + start * ld, ld, in_block, size);
      pack_panels(dy_panels, dy_block, width, in_block, size);
      add_over_queries(ds, block, q_panels, tokens, size, in_block, dq + width, ld, start > 0);
      add_over_queries(p, block, dy_panels, tokens, size, in_block, dq + 2 * width, ld, start > 0);
    }
  }
}
