// Conversions between float32 and bfloat16, its upper 16 bits. The compiler makes vector instructions of the loops.
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))

#define SIGN_OFF 0x7fffffff
#define INFINITY_BITS 0x7f800000
#define QUIET 0x40 // a NaN's payload may be in the lower half alone

// Rounds to the nearest, of two to the even one. NaN stays NaN, infinities stay; numbers above 3.3895e38 become infinite.
EXPORT(round_to_bfloat16)
void round_to_bfloat16(const uint32_t *restrict bits, uint16_t *restrict halves, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    uint32_t one = bits[i];
    uint32_t nearest = (one + 0x7fff + ((one >> 16) & 1)) >> 16;
    uint32_t nan = (one >> 16) | QUIET;
    halves[i] = (int32_t)(one & SIGN_OFF) > INFINITY_BITS ? nan : nearest;
  }
}

EXPORT(widen_bfloat16)
void widen_bfloat16(const uint16_t *restrict halves, uint32_t *restrict bits, int32_t count) {
  for (int32_t i = 0; i < count; i++) bits[i] = (uint32_t)halves[i] << 16;
}

// Adds bfloat16 numbers to float32 sums.
EXPORT(add_bfloat16)
void add_bfloat16(const uint16_t *restrict halves, float *restrict sums, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    union {
      uint32_t bits;
      float number;
    } one = {(uint32_t)halves[i] << 16};
    sums[i] += one.number;
  }
}
