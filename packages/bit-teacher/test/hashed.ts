/** What `fixtures/hashed.py` computes, numbers in [-0.5, 0.5) by name and place. */
export function hashed(name: string, length: number): Float32Array {
  const seed = crc32(new TextEncoder().encode(name));
  return Float32Array.from({ length }, (_, i) => {
    let h = (Math.imul(i, 0x9e3779b1) + seed) >>> 0;
    h = Math.imul(h ^ (h >>> 15), 0x85ebca77) >>> 0;
    h = (h ^ (h >>> 13)) >>> 0;
    return h / 2 ** 32 - 0.5;
  });
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
