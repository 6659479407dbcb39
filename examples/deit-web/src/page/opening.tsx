import { useEffect, useState } from "preact/hooks";
import { problems } from "./state/problems.ts";
import { waiting } from "./state/session.ts";

/** Time after which opening is slow enough to say so, milliseconds. */
const SLOW = 8000;

/** What is seen until the project is open, or why it does not open. */
export function Opening() {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), SLOW);
    return () => clearTimeout(timer);
  }, []);
  const problem = problems.value.get("open");
  if (problem !== undefined) {
    return (
      <div class="opening" role="alert">
        <h2>It does not start</h2>
        <p>{problem}</p>
        <p class="hint">
          Nothing is lost: what you taught it is kept in this browser. Try a current Chrome, Edge, Firefox or
          Safari.
        </p>
        <button type="button" class="button primary" onClick={() => location.reload()}>
          Try again
        </button>
      </div>
    );
  }
  return (
    <div class="opening" role="status">
      <p>{waiting.value ? "Open in another tab" : "Opening"}</p>
      {waiting.value && <p class="hint">Close the other tab, and this one goes on by itself.</p>}
      {slow && !waiting.value && (
        <p class="hint">This takes longer than usual. If nothing changes, load the page again.</p>
      )}
    </div>
  );
}
