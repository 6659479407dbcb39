// Whether V8 merges the register tile to 256 bits: the two tiles of the builds, on data in the first cache. See src/wide/probe.ts.
#include "kernels/tile.h"

/// `times` tiles of 4×8, a product over `k` each.
void EXPORT(narrow)(const float* a, const float* b, int k, float* c, int times) {
  for (; times > 0; times--) tile(a, 4, b, 8, 4, 2, k, c, 8, 0, 1);
}

/// `times` tiles of MR × NR.
void EXPORT(wide)(const float* a, const float* b, int k, float* c, int times) {
  for (; times > 0; times--) tile(a, MR, b, NR, MR, NR / 4, k, c, NR, 0, 1);
}
