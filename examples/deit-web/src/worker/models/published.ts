import { type ByteSource, blobSource } from "safetensors-io";

/** DeiT-Ti's weights beside the page, by the names that transformers and timm publish them under. */
const FILE = "weights/model.safetensors";

/** Whether published weights lie beside the page. */
export async function hasPublishedWeights(base: string): Promise<boolean> {
  try {
    const response = await fetch(new URL(FILE, base), { method: "HEAD" });
    // A server that answers every address with its start page has none.
    return response.ok && !(response.headers.get("Content-Type") ?? "").includes("text/html");
  } catch {
    return false;
  }
}

/** Fetches the weights. @throws Error if they are not there. */
export async function publishedWeights(base: string): Promise<ByteSource> {
  const address = new URL(FILE, base);
  const response = await fetch(address).catch((cause: unknown) => {
    throw new Error(`DeiT-Ti's weights could not be fetched from ${address.href}.`, { cause });
  });
  if (!response.ok) throw new Error(`DeiT-Ti's weights are not at ${address.href}: ${response.status}.`);
  return blobSource(await response.blob(), FILE);
}
