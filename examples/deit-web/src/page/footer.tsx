import { ask } from "./state/ask.ts";
import { clear } from "./state/project.ts";
import { opened } from "./state/session.ts";
import { isRunning } from "./state/training.ts";

const KEPT = {
  opfs: "Pictures and what was learned are kept in this browser’s own files on your device.",
  indexeddb: "Pictures and what was learned are kept in this browser’s database on your device.",
  none: "This window keeps nothing: when you close it, all is gone. Download the student before.",
};

/** Where things are kept, and how to forget them. */
export function Footer() {
  const storage = opened.value?.storage;
  return (
    <footer class="page-footer">
      <p>{storage !== undefined && KEPT[storage]} </p>
      {storage !== undefined && (
        <button
          type="button"
          class="button quiet"
          disabled={isRunning.value}
          onClick={() => void clearAfterAsking()}
        >
          Forget everything
        </button>
      )}
    </footer>
  );
}

async function clearAfterAsking(): Promise<void> {
  const agreed = await ask({
    title: "Forget everything?",
    text: "All classes, pictures and what was learned are deleted from this browser. This cannot be undone.",
    yes: "Forget everything",
  });
  if (agreed) await clear();
}
