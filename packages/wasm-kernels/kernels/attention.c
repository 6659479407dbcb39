// Multi-head attention softmax(scale · q·kᵀ)·v and its gradient, head by head and in blocks of queries: no more than
// [QUERY_BLOCK, tokens] scores exist at a time, and the backward pass computes them again from the log-sum-exp, as in
// T. Dao et al. 2022, FlashAttention, https://arxiv.org/abs/2205.14135.
#include "activation.h"
#include "gemm.h"

enum { QUERY_BLOCK = 256 };

/// Floats of scratch memory beside gemm's.
int EXPORT(attention_scratch)(int tokens) { return 2 * QUERY_BLOCK * tokens; }

INLINE float log_of(float x) {
  // ln x for x ≥ 1 through its exponent and Cephes' logf polynomial.
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

/// row = softmax(scale · row); returns log Σ exp(scale · row).
static float softmax_row(float* row, int n, float scale) {
  f32x4 scale4 = SPLAT(scale), high = SPLAT(-__builtin_inff()), sum = SPLAT(0);
  int i = 0;
  for (; i + 4 <= n; i += 4) high = wasm_f32x4_max(high, MUL(LOAD(row + i), scale4));
  float top = lanes_max(high);
  for (; i < n; i++) {
    float s = row[i] * scale;
    if (!(s <= top)) top = s;
  }
  f32x4 top4 = SPLAT(top);
  for (i = 0; i + 4 <= n; i += 4) {
    f32x4 e = exp4(SUB(MUL(LOAD(row + i), scale4), top4));
    sum = ADD(sum, e);
    STORE(row + i, e);
  }
  float total = lanes_sum(sum);
  for (; i < n; i++) {
    row[i] = wasm_f32x4_extract_lane(exp4(SPLAT(row[i] * scale - top)), 0);
    total += row[i];
  }
  float inverse = 1.0f / total;
  for (i = 0; i + 4 <= n; i += 4) STORE(row + i, MUL(LOAD(row + i), SPLAT(inverse)));
  for (; i < n; i++) row[i] *= inverse;
  return top + log_of(total);
}

/// qkv [batch, tokens, 3 · heads · size] → out [batch, queries, heads · size], log_sum_exp [batch, heads, queries].
void EXPORT(attention)(const float* qkv, float* out, float* log_sum_exp, int batch, int tokens, int heads, int size,
                       int queries, float scale, float* scores, float* scratch) {
  int width = heads * size, ld = 3 * width;
  for (int b = 0; b < batch; b++) {
    for (int h = 0; h < heads; h++) {
      const float* q = qkv + b * tokens * ld + h * size;
      float* lse = log_sum_exp + (b * heads + h) * queries;
      Matrix kt = {q + width, 1, ld}, v = {q + 2 * width, ld, 1};
      for (int first = 0; first < queries; first += QUERY_BLOCK) {
        int count = queries - first < QUERY_BLOCK ? queries - first : QUERY_BLOCK;
        Matrix rows = {q + first * ld, ld, 1}, probabilities = {scores, tokens, 1};
        gemm(rows, kt, scores, tokens, count, tokens, size, 0, 0, scratch);
        for (int i = 0; i < count; i++) lse[first + i] = softmax_row(scores + i * tokens, tokens, scale);
        gemm(probabilities, v, out + (b * queries + first) * width + h * size, width, count, size, tokens, 0, 0,
             scratch);
      }
    }
  }
}

/// With P = exp(scale · q·kᵀ - lse), dP = dy·vᵀ and dS = scale · P · (dP - Σ dy · out):
/// dq = dS·k, dk = dSᵀ·q, dv = Pᵀ·dy.
void EXPORT(attention_grad)(const float* qkv, const float* out, const float* log_sum_exp, const float* dy, float* dqkv,
                            int batch, int tokens, int heads, int size, int queries, float scale, float* p,
                            float* scratch) {
  int width = heads * size, ld = 3 * width;
  float* ds = p + QUERY_BLOCK * tokens;
  __builtin_memset(dqkv, 0, (unsigned)(batch * tokens * ld) * sizeof(float));
  for (int b = 0; b < batch; b++) {
    for (int h = 0; h < heads; h++) {
      const float* q = qkv + b * tokens * ld + h * size;
      float* dq = dqkv + b * tokens * ld + h * size;
      const float* lse = log_sum_exp + (b * heads + h) * queries;
      Matrix k = {q + width, ld, 1}, kt = {q + width, 1, ld}, vt = {q + 2 * width, 1, ld};
      for (int first = 0; first < queries; first += QUERY_BLOCK) {
        int count = queries - first < QUERY_BLOCK ? queries - first : QUERY_BLOCK;
        const float* dy_block = dy + (b * queries + first) * width + h * size;
        const float* out_block = out + (b * queries + first) * width + h * size;
        Matrix rows = {q + first * ld, ld, 1}, d = {dy_block, width, 1};
        gemm(rows, kt, p, tokens, count, tokens, size, 0, 0, scratch);
        gemm(d, vt, ds, tokens, count, tokens, size, 0, 0, scratch);
        for (int i = 0; i < count; i++) {
          float dot = 0;
          for (int c = 0; c < size; c++) dot += dy_block[i * width + c] * out_block[i * width + c];
          float *p_row = p + i * tokens, *s_row = ds + i * tokens, shift = lse[first + i];
          int j = 0;
          for (; j + 4 <= tokens; j += 4) {
            f32x4 e = exp4(SUB(MUL(LOAD(p_row + j), SPLAT(scale)), SPLAT(shift)));
            STORE(p_row + j, e);
            STORE(s_row + j, MUL(MUL(e, SPLAT(scale)), SUB(LOAD(s_row + j), SPLAT(dot))));
          }
          for (; j < tokens; j++) {
            float e = wasm_f32x4_extract_lane(exp4(SPLAT(p_row[j] * scale - shift)), 0);
            p_row[j] = e;
            s_row[j] = e * scale * (s_row[j] - dot);
          }
        }
        Matrix s = {ds, tokens, 1}, st = {ds, 1, tokens}, pt = {p, 1, tokens};
        gemm(s, k, dq + first * ld, ld, count, size, tokens, 0, 0, scratch);
        gemm(st, rows, dq + width, ld, tokens, size, count, 0, 1, scratch);
        gemm(pt, d, dq + 2 * width, ld, tokens, size, count, 0, 1, scratch);
      }
    }
  }
}
