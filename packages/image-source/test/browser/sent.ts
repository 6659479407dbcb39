import type { ByteImage } from "vision-augment";

/** Bytes as text, to go from a page to the test and back. */
function asBase64(bytes: Uint8Array | Uint8ClampedArray): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function fromBase64(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** A picture as text, or why there is none. */
export interface Sent {
  readonly width: number;
  readonly height: number;
  readonly base64: string;
  readonly error?: string;
}

export async function sent(image: Promise<ByteImage>): Promise<Sent> {
  return image.then(
    ({ data, width, height }) => ({ width, height, base64: asBase64(data) }),
    (error: Error) => ({ width: 0, height: 0, base64: "", error: String(error) }),
  );
}

/** The picture that was sent. @throws Error why there is none. */
export function received({ width, height, base64, error }: Sent): ByteImage {
  if (error !== undefined) throw new Error(error);
  return { data: fromBase64(base64), width, height };
}
