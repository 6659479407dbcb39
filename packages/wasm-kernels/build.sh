#!/bin/sh
# Builds kernels/*.c and probe.c into src/modules/*.generated.ts, and bench/peak*.c into bench/*.generated.ts, with clang and lld (19:
# Debian's clang-19 and lld-19).
# `sh build.sh --check` builds beside them and fails if they differ: what CI runs.
set -eu
cd "$(dirname "$0")"
CLANG="${CLANG:-clang-19}"
OUT="$(mktemp -d)"
trap 'rm -rf "$OUT"' EXIT

build() {
  # No data segment, no own memory, no libc: the module lives in tfjs' heap, its stack in a block of that heap.
  "$CLANG" --target=wasm32 -std=c17 -O3 -ffreestanding -fno-math-errno -fno-strict-aliasing -nostdlib \
    -Wall -Wextra -Werror -msimd128 -mbulk-memory "$@" \
    -Wl,--no-entry -Wl,--import-memory -Wl,--initial-memory=131072 -Wl,--max-memory=4294967296 \
    -Wl,-z,stack-size=65536 -Wl,--export=__stack_pointer -Wl,--strip-all
}
mkdir "$OUT/kernels" "$OUT/peak"
build kernels/*.c -o "$OUT/kernels/simd.wasm"
build kernels/*.c -mrelaxed-simd -o "$OUT/kernels/relaxed-simd.wasm"
# Without loop-strength reduction two vectors stay at constant offsets of one address, by which V8 finds pairs.
build kernels/*.c -mrelaxed-simd -DBITS=256 -mllvm -disable-lsr -o "$OUT/kernels/wide.wasm"
build probe.c -mrelaxed-simd -DBITS=256 -mllvm -disable-lsr -o "$OUT/kernels/probe.wasm"
build bench/peak.c -o "$OUT/peak/simd.wasm"
build bench/peak.c -mrelaxed-simd -o "$OUT/peak/relaxed-simd.wasm"
build bench/peak-256.c -mrelaxed-simd -DBITS=256 -mllvm -disable-lsr -o "$OUT/peak/256.wasm"

node generate.mjs "$OUT" "${1:-}"
