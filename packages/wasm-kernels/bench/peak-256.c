// What one core can do with 256 bits: the ceiling of the wide build. Not part of the package. Compiled as the wide build is.
#include "../kernels/common.h"

/// Multiply-adds on registers only, 192 · `rounds` flops in 12 independent sums of 256 bits. `memory` holds two factors, then
/// takes 96 floats.
void EXPORT(peak_256)(int rounds, float* memory) {
  f32x4 x = SPLAT_AT(memory), y = SPLAT_AT(memory + 1), sums[24];
  UNROLL for (int i = 0; i < 24; i++) sums[i] = LOAD(memory + 4 * i);
#pragma clang loop unroll(disable)
  for (int i = 0; i < rounds; i++) {
    UNROLL for (int j = 0; j < 24; j++) sums[j] = MADD(sums[j], x, y);
  }
  UNROLL for (int i = 0; i < 24; i++) STORE(memory + 4 * i, sums[i]);
}
