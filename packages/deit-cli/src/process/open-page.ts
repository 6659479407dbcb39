import { resolve } from "node:path";
import open from "open";
import type { LineOutput } from "../terminal/live-line.ts";

/** What {@link openPage} takes from the process; for tests. */
export interface Desktop {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly open: (path: string) => Promise<unknown>;
}

/** Opens a page in the browser, or says why there is none to open it in: the page is written, so that is no error. */
export async function openPage(
  page: string,
  output: LineOutput,
  { platform, env, open: show }: Desktop = { platform: process.platform, env: process.env, open },
): Promise<void> {
  const path = resolve(page);
  const hasDisplay = [env.DISPLAY, env.WAYLAND_DISPLAY, env.WSL_DISTRO_NAME].some(Boolean);
  const reason = env.SSH_CONNECTION
    ? "this is a remote shell"
    : platform === "linux" && !hasDisplay
      ? "there is no display"
      : await show(path).then(
          () => undefined,
          (error: Error) => error.message,
        );
  if (reason !== undefined) output.write(`--open: no browser, as ${reason}; the page is ${path}\n`);
}
