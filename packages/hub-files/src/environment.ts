import { homedir } from "node:os";
import { join } from "node:path";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the address of the hub, without a slash at its end: `HF_ENDPOINT`. */
export function endpointOf(env: Environment): string {
  return (env.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, "");
}

/** Returns the folder of the cache: `HF_HUB_CACHE`, or `hub` in `HF_HOME`, or `~/.cache/huggingface/hub`. */
export function cacheOf(env: Environment): string {
  const caches = env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const home = env.HF_HOME || join(caches, "huggingface");
  const folder = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE || join(home, "hub");
  return folder.replace(/^~(?=$|[/\\])/, homedir());
}

/** Whether the network must not be used: `HF_HUB_OFFLINE`, or `TRANSFORMERS_OFFLINE` as in Python. */
export function isOffline(env: Environment): boolean {
  return isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE);
}

/** Whether the cache has links to its files, as it has by default where the system can make them. */
export function linksAllowed(env: Environment): boolean {
  return !isTrue(env.HF_HUB_DISABLE_SYMLINKS);
}

function isTrue(value = ""): boolean {
  return /^(1|true|yes|on)$/i.test(value);
}
