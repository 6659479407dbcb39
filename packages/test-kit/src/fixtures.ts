import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { bytesSource, openSafetensors } from "safetensors-io";

/** Readers of the folder `fixtures/` of one package. */
export interface Fixtures {
  url(name: string): URL;
  bytes(name: string): Uint8Array<ArrayBuffer>;
  json<T>(name: string): T;
}

/** The fixtures of the package whose test has this `import.meta.url`. */
export function fixturesOf(test: string): Fixtures {
  const folder = `${test.slice(0, test.lastIndexOf("/src/"))}/fixtures/`;
  const url = (name: string): URL => new URL(name, folder);
  const bytes = (name: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(url(name)));
  return { url, bytes, json: (name) => JSON.parse(readFileSync(url(name), "utf8")) };
}

/** All tensors of a safetensors file, by name. */
export async function tensorsOf(
  bytes: Uint8Array,
): Promise<Map<string, { readonly shape: number[]; readonly data: Float32Array }>> {
  const file = await openSafetensors(bytesSource(bytes));
  const tensors = new Map();
  for (const { name, shape } of file.tensors.values()) {
    tensors.set(name, { shape: [...shape], data: await file.read(name) });
  }
  return tensors;
}

/** An array in a JSON fixture: little-endian numbers as base64. */
export interface Packed {
  readonly shape: number[];
  readonly base64: string;
}

/** The numbers of a packed float32 array. */
export function floats(packed: Packed): Float32Array {
  return new Float32Array(bytes(packed).buffer);
}

/** The numbers of a packed uint8 array. */
export function bytes({ base64 }: Packed): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

const SHARED = process.env.DEIT_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));

/** Path of development data that is not in the repository; `undefined`, with a line on stderr, where it is absent. */
export function sharedData(path: string): string | undefined {
  const full = join(resolve(SHARED), path);
  if (existsSync(full)) return full;
  process.stderr.write(`tests with ${path} are skipped: set DEIT_SHARED to the folder that holds it\n`);
  return undefined;
}
