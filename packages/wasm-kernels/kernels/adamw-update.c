// One AdamW step of many tensors. I. Loshchilov and F. Hutter 2019, https://arxiv.org/abs/1711.05101.
#include "common.h"

/// One tensor's step; `new_m` and `new_v` may be `m` and `v`.
typedef struct {
  const float *value, *m, *v, *gradient;
  float *new_value, *new_m, *new_v;
  int size;
} Parameter;

/// Multiplications and additions are rounded one by one, in both builds: every step is the same bit for bit as that of
/// tfjs' own operations.
INLINE void update_four(f32x4 value, f32x4* m, f32x4* v, f32x4 g, f32x4* out, float beta1, float beta2, float rest1,
                        float rest2, float step_size, float epsilon, float kept) {
  *m = ADD(MUL(*m, SPLAT(beta1)), MUL(g, SPLAT(rest1)));
  *v = ADD(MUL(*v, SPLAT(beta2)), MUL(MUL(g, g), SPLAT(rest2)));
  f32x4 change = MUL(DIV(*m, ADD(wasm_f32x4_sqrt(*v), SPLAT(epsilon))), SPLAT(step_size));
  *out = SUB(MUL(value, SPLAT(kept)), change);
}

/// m' = β₁ m + (1 - β₁) g, v' = β₂ v + (1 - β₂) g², value' = kept · value - stepSize · m' / (√v' + epsilon).
/// `rest1` is 1 - β₁ and `rest2` 1 - β₂; `kept` has one number per tensor, 1 - its decay.
void EXPORT(adamw_update)(const Parameter* parameters, const float* kept, int count, float beta1, float beta2,
                          float rest1, float rest2, float step_size, float epsilon) {
  for (const Parameter* next = parameters; next < parameters + count; next++, kept++) {
    const Parameter here = *next, *p = &here;
    int i = 0;
    FOURS(i, p->size, {
      f32x4 m[VECTORS], v[VECTORS], out[VECTORS];
      for (int u = 0; u < VECTORS; u++) {
        m[u] = LOAD(p->m + i + 4 * u), v[u] = LOAD(p->v + i + 4 * u);
        update_four(LOAD(p->value + i + 4 * u), m + u, v + u, LOAD(p->gradient + i + 4 * u), out + u, beta1, beta2, rest1, rest2,
                    step_size, epsilon, *kept);
      }
      LOADED;
      for (int u = 0; u < VECTORS; u++) STORE(p->new_m + i + 4 * u, m[u]);
      for (int u = 0; u < VECTORS; u++) STORE(p->new_v + i + 4 * u, v[u]);
      for (int u = 0; u < VECTORS; u++) STORE(p->new_value + i + 4 * u, out[u]);
    })
    int left = p->size - i;
    if (left == 0) continue;
    f32x4 out, m = load_part(p->m + i, left), v = load_part(p->v + i, left);
    update_four(load_part(p->value + i, left), &m, &v, load_part(p->gradient + i, left), &out, beta1, beta2, rest1,
                rest2, step_size, epsilon, *kept);
    store_part(p->new_m + i, m, left);
    store_part(p->new_v + i, v, left);
    store_part(p->new_value + i, out, left);
  }
}
