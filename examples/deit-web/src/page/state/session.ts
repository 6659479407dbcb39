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
  // Pages of one site in several folders have a project each.
  const name = `deit-web ${new URL(".", document.baseURI).pathname}`;
  const heldUntilClosed = (granted: () => void) => () => {
    granted();
    return new Promise<never>(() => {});
  };
  await new Promise<void>((resolve) => {
    // Where sites may keep nothing, they get no locks, and there is nothing that two tabs could write.
    const refused = () => resolve();
    const whenGranted = heldUntilClosed(resolve);
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (lock !== null) return whenGranted();
        waiting.value = true;
        navigator.locks.request(name, whenGranted).catch(refused);
        return undefined;
      })
      .catch(refused);
  });
  waiting.value = false;
}
