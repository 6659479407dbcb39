import { useEffect, useRef } from "preact/hooks";
import { question } from "../state/ask.ts";

/** The dialog that asks before something is lost. */
export function AskDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const asked = question.value;
  useEffect(() => {
    if (asked !== undefined) dialog.current?.showModal();
    else dialog.current?.close();
  }, [asked]);
  return (
    <dialog
      ref={dialog}
      class="ask"
      aria-labelledby="ask-title"
      onClose={() => question.value?.answer(false)}
    >
      <h2 id="ask-title">{asked?.title}</h2>
      <p>{asked?.text}</p>
      <div class="row end">
        <button type="button" class="button" onClick={() => asked?.answer(false)}>
          Cancel
        </button>
        <button type="button" class="button danger" onClick={() => asked?.answer(true)}>
          {asked?.yes}
        </button>
      </div>
    </dialog>
  );
}
