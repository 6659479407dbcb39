/** A file with any text as its header, after a length that need not be true. */
export function fileWith(header: string, dataSize: number, claimed?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.byteLength + dataSize);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.byteLength), true);
  bytes.set(text, 8);
  return bytes;
}
