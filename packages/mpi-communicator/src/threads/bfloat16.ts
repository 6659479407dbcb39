const SIGN_OFF = 0x7fffffff;
const INFINITY = 0x7f800000;
const QUIET = 0x40;

/**
 * Rounds float32 numbers to bfloat16, their upper 16 bits: to the nearest, of two to the even one. NaN stays NaN, infinities stay;
 * numbers above 3.3895e38 become infinite.
 *
 * @param bits - The numbers' bits.
 * @param rounded - As many, or more.
 */
export function toBfloat16(bits: Uint32Array, rounded: Uint16Array): void {
  for (let i = 0; i < bits.length; i++) {
    const one = bits[i]!;
    rounded[i] =
      (one & SIGN_OFF) > INFINITY
        ? (one >>> 16) | QUIET // the payload may be in the lower half alone
        : (one + 0x7fff + ((one >>> 16) & 1)) >>> 16;
  }
}

/** Writes the float32 bits of bfloat16 numbers. */
export function fromBfloat16(rounded: Uint16Array, bits: Uint32Array): void {
  for (let i = 0; i < bits.length; i++) bits[i] = rounded[i]! << 16;
}
