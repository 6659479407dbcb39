import type { Role } from "../../session/types.ts";
import { project } from "../state/project.ts";
import { running } from "../state/training.ts";

/** Squares that still can be told apart. */
const MOST_SQUARES = 60;

/** How far each model is: a square for each epoch. */
export function Progress() {
  const { teaching, epochs, teacherEpochs } = project.value.settings;
  if (running.value === undefined && project.value.training.kind === "none") return null;
  return (
    <div class="progress">
      {teaching !== "none" && <Bar model="teacher" epochs={teacherEpochs} />}
      <Bar model="student" epochs={epochs} />
    </div>
  );
}

function Bar({ model, epochs }: { model: Role; epochs: number }) {
  const share = shareDone(model);
  const squares = epochs <= MOST_SQUARES ? epochs : 1;
  return (
    <div class={`bar-row ${model}`}>
      <span class="role">{model}</span>
      <div
        class="squares"
        role="progressbar"
        aria-label={`Progress of the ${model}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(share * 100)}
        style={{ "--squares": squares }}
      >
        <div style={{ transform: `scaleX(${share})` }} />
      </div>
      <span class="of">
        {Math.floor(share * epochs + 1e-6)} of {epochs} epochs
      </span>
    </div>
  );
}

function shareDone(role: Role): number {
  const { training } = project.value;
  const now = running.value;
  if (now?.role === undefined && training.kind === "done") return 1;
  const at = now?.role !== undefined ? now : training.kind === "unfinished" ? training : undefined;
  if (at === undefined || at.steps === 0) return 0;
  if (at.role === role) return at.step / at.steps;
  return role === "teacher" ? 1 : 0; // the teacher comes first
}
