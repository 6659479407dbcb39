import { useEffect, useRef } from "preact/hooks";
import { Curves } from "../curves/curves.tsx";
import { ask } from "../state/ask.ts";
import { adding, project } from "../state/project.ts";
import { forgetTraining, isRunning, missing, notes, running, stop, train } from "../state/training.ts";
import { Icon } from "../ui/icon.tsx";
import { whole } from "../ui/plain.ts";
import { Figures } from "./figures.tsx";
import { Progress } from "./progress.tsx";
import { Results } from "./results.tsx";

/** Start, stop and go on, and what happens meanwhile. */
export function TrainingPanel() {
  const { training } = project.value;
  const now = running.value;
  const buttons = useFocusKept(now === undefined);
  return (
    <div class="card training">
      <div class="row spread top">
        <div>
          <h3>{headline()}</h3>
          <p class="hint">{sentence()}</p>
        </div>
        <div class="row" ref={buttons}>
          {now === undefined ? <StartButtons /> : <StopButton stopping={now.stopping} />}
        </div>
      </div>
      <Progress />
      {now !== undefined && <Figures now={now} />}
      {now === undefined && training.kind === "done" && <Results models={training.models} />}
      {notes.value.map((note) => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
      <Curves />
    </div>
  );
}

/** Start and stop take each other's place: the one that comes has the focus that the one that goes had. */
function useFocusKept(changes: boolean) {
  const buttons = useRef<HTMLDivElement>(null);
  const before = useRef(changes);
  useEffect(() => {
    if (before.current === changes) return;
    before.current = changes;
    if (document.activeElement === document.body) {
      [...buttons.current!.querySelectorAll<HTMLElement>("button:enabled")]
        .at(-1)
        ?.focus({ preventScroll: true });
    }
  }, [changes]);
  return buttons;
}

function headline(): string {
  const now = running.value;
  if (now !== undefined) {
    if (now.stopping) return "Stopping";
    return now.role === undefined ? "Getting ready" : `The ${now.role} learns`;
  }
  const { training } = project.value;
  switch (training.kind) {
    case "none":
      return "Ready to learn";
    case "unfinished":
      return `Stopped at step ${whole(training.step)} of ${whole(training.steps)}`;
    case "done":
      return "It has learned";
  }
}

function sentence(): string {
  const now = running.value;
  if (now?.stopping) return "It ends its step and saves what it has learned.";
  if (now !== undefined)
    return "You can close this tab: it goes on from the last saved step when you come back.";
  const { training } = project.value;
  switch (training.kind) {
    case "none":
      return missing.value ?? "It computes on this device. You can watch, stop it, and go on later.";
    case "unfinished":
      return `What the ${training.role} has learned is saved. Go on from there, or start anew.`;
    case "done":
      return "Look at what it sees in part 2, or take it away in part 3.";
  }
}

function StartButtons() {
  const { kind } = project.value.training;
  const disabled = missing.value !== undefined || adding.value !== undefined;
  if (kind === "none") {
    return (
      <button type="button" class="button primary large" disabled={disabled} onClick={() => void train()}>
        <Icon name="play" />
        Start
      </button>
    );
  }
  return (
    <>
      <button type="button" class="button" onClick={() => void startAnew(kind === "done")}>
        Start anew
      </button>
      {kind === "unfinished" && (
        <button type="button" class="button primary large" disabled={disabled} onClick={() => void train()}>
          <Icon name="play" />
          Go on
        </button>
      )}
    </>
  );
}

function StopButton({ stopping }: { stopping: boolean }) {
  return (
    <button
      type="button"
      class="button large"
      disabled={stopping}
      // The second click of a double click on "Start", which stood here, is not meant for it.
      onClick={({ detail }) => detail < 2 && void stop()}
    >
      <Icon name="stop" />
      Stop
    </button>
  );
}

/** After a whole training the next one starts at once; an unfinished one is forgotten first, so that choices can change. */
async function startAnew(done: boolean): Promise<void> {
  const text = done
    ? "It learns from the beginning, by the pictures and choices of now. What it learned before is replaced."
    : "What it has learned so far is forgotten. Pictures and choices stay.";
  const agreed = await ask({ title: "Start anew?", text, yes: done ? "Start anew" : "Forget it" });
  if (!agreed || isRunning.value) return;
  if (done) await train();
  else await forgetTraining();
}
