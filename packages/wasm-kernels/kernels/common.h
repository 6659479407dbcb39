// What every kernel shares: exported symbols, SIMD shorthands, fused multiply-add where the build has it.
#pragma once
#include <stdint.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name), visibility("default"))) name
#define INLINE static inline __attribute__((always_inline))

typedef v128_t f32x4;

#ifdef __wasm_relaxed_simd__
#define MADD(a, b, c) wasm_f32x4_relaxed_madd(a, b, c)  // a * b + c, rounded once
#else
#define MADD(a, b, c) wasm_f32x4_add(wasm_f32x4_mul(a, b), c)
#endif

#define ADD wasm_f32x4_add
#define SUB wasm_f32x4_sub
#define MUL wasm_f32x4_mul
#define DIV wasm_f32x4_div
#define SPLAT wasm_f32x4_splat
#define LOAD(p) wasm_v128_load(p)
#define STORE(p, v) wasm_v128_store(p, v)
#define SPLAT_AT(p) wasm_v128_load32_splat(p)

#define UNROLL _Pragma("clang loop unroll(full)")

/// Bits that V8 computes with at once. The build for 256 works on two vectors side by side, loads both before it stores
/// either, and V8 merges each pair of operations whose results are stored side by side.
#ifndef BITS
#define BITS 128
#endif

/// Between loads and the stores over them: the compiler would move a store in between, and V8 gives up that pair.
#if BITS == 256
#define LOADED __asm__ volatile("" ::: "memory")
#else
#define LOADED
#endif

/// A function of its own, in which V8 merges the vectors of one loop.
#if BITS == 256
#define SEPARATE __attribute__((noinline))
#else
#define SEPARATE
#endif

/// Runs a body for every four floats that are left of `size`; in it VECTORS vectors lie from `i` on.
#define FOURS(i, size, ...)                                                          \
  for (; BITS == 256 && i + 8 <= size; i += 8) { enum { VECTORS = 2 }; __VA_ARGS__ } \
  for (; i + 4 <= size; i += 4) { enum { VECTORS = 1 }; __VA_ARGS__ }

/// y[i…] = value for every four floats that are left of `size`, where `value` computes four of them
/// from its inputs' at `x + i + lane`: V8 sees that vectors lie side by side where the constant is added last.
#define MAP(i, size, y, value) EACH_FOUR(i, size, y, value, )

/// The same where `value` reads y itself.
#define UPDATE(i, size, y, value) EACH_FOUR(i, size, y, value, LOADED)

#define EACH_FOUR(i, size, y, value, loaded)     \
  for (; BITS == 256 && i + 8 <= size; i += 8) { \
    f32x4 low, high;                             \
    { enum { lane = 0 }; low = value; }          \
    { enum { lane = 4 }; high = value; }         \
    loaded;                                      \
    STORE(y + i, low), STORE(y + i + 4, high);   \
  }                                              \
  for (; i + 4 <= size; i += 4) {                \
    enum { lane = 0 };                           \
    STORE(y + i, value);                         \
  }

/// Sum of the four lanes.
INLINE float lanes_sum(f32x4 v) {
  f32x4 pairs = ADD(v, wasm_i32x4_shuffle(v, v, 2, 3, 0, 1));
  return wasm_f32x4_extract_lane(pairs, 0) + wasm_f32x4_extract_lane(pairs, 1);
}

/// Largest of the four lanes; NaN if one is NaN.
INLINE float lanes_max(f32x4 v) {
  f32x4 pairs = wasm_f32x4_max(v, wasm_i32x4_shuffle(v, v, 2, 3, 0, 1));
  return wasm_f32x4_extract_lane(wasm_f32x4_max(pairs, wasm_i32x4_shuffle(pairs, pairs, 1, 0, 3, 2)), 0);
}

/// √x as a vector: V8 compiles a scalar square root to an SSE instruction, slow after 256-bit ones.
INLINE float root(float x) { return wasm_f32x4_extract_lane(wasm_f32x4_sqrt(SPLAT(x)), 0); }

/// 1 to 3 floats into the low lanes, zeros above: never reads past `count`.
INLINE f32x4 load_part(const float* p, int count) {
  f32x4 v = wasm_v128_load32_zero(p);
  if (count > 1) v = wasm_v128_load32_lane(p + 1, v, 1);
  if (count > 2) v = wasm_v128_load32_lane(p + 2, v, 2);
  return v;
}

/// The low 1 to 3 lanes of `v`: never writes past `count`.
INLINE void store_part(float* p, f32x4 v, int count) {
  wasm_v128_store32_lane(p, v, 0);
  if (count > 1) wasm_v128_store32_lane(p + 1, v, 1);
  if (count > 2) wasm_v128_store32_lane(p + 2, v, 2);
}
