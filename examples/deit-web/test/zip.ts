import { BlobWriter, configure, Uint8ArrayReader, ZipWriter } from "@zip.js/zip.js";

configure({ useWebWorkers: false });

/** A zip file of files by their paths. `level`: 0 stores them as they are. */
export async function zipOf(files: Readonly<Record<string, Uint8Array>>, level = 0): Promise<Buffer> {
  const zip = new ZipWriter(new BlobWriter("application/zip"), { level });
  for (const [path, data] of Object.entries(files))
    await zip.add(path, new Uint8ArrayReader(Uint8Array.from(data)));
  return Buffer.from(await (await zip.close()).arrayBuffer());
}
