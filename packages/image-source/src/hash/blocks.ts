// What MD5 and SHA-256 share: blocks of 64 bytes, and words of 32 bits that come out.

/**
 * The last bytes of a message, padded to whole blocks: a one, zeros, and the message's length in bits.
 *
 * @param length - Bytes of the whole message.
 */
export function padded(bytes: Uint8Array, littleEndian: boolean, length: number = bytes.length): DataView {
  const view = new DataView(new ArrayBuffer(64 * Math.ceil((bytes.length + 9) / 64)));
  new Uint8Array(view.buffer).set(bytes);
  view.setUint8(bytes.length, 0x80);
  view.setBigUint64(view.byteLength - 8, 8n * BigInt(length), littleEndian);
  return view;
}

/** The words' bytes as hexadecimal digits. */
export function bytesAsHex(words: Uint32Array, littleEndian: boolean): string {
  const view = new DataView(new ArrayBuffer(4 * words.length));
  words.forEach((word, i) => {
    view.setUint32(4 * i, word, littleEndian);
  });
  return Array.from(new Uint8Array(view.buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
