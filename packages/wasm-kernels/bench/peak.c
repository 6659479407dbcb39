// What one core can do: the ceiling that the benchmarks divide by. Not part of the package.
#include "../kernels/common.h"

/// Speed of light: multiply-adds on registers only, 96 · `rounds` flops in 12 independent sums, enough to hide the
/// latency of both operations.
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
