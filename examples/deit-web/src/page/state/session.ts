import { signal } from "@preact/signals";
import { connect } from "../../session/connect.ts";
import type { Opened } from "../../session/types.ts";

/** The Worker that keeps the pictures and trains. */
export const session = connect();

/** What the Worker said when it opened; `undefined` until then. */
export const opened = signal<Opened | undefined>();

/** Whether another tab has the project, so that this one waits. */
export const waiting = signal(false);

/** Resolves when no other tab has the project; it is this tab's until it is closed. Two that write would lose pictures. */
export async function becomeTheOnlyTab(): Promise<void> {
  if (navigator.locks === undefined) return;
  const heldUntilClosed = (granted: () => void) => () => {
    granted();
    return new Promise<never>(() => {});
  };
  await new Promise<void>((resolve, reject) => {
    const whenGranted = heldUntilClosed(resolve);
    navigator.locks
      .request("deit-web", { ifAvailable: true }, (lock) => {
        if (lock !== null) return whenGranted();
        waiting.value = true;
        navigator.locks.request("deit-web", whenGranted).catch(reject);
        return undefined;
      })
      .catch(reject);
  });
  waiting.value = false;
}
