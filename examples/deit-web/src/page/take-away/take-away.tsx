import { project } from "../state/project.ts";
import { bringBack, brought, packing, takeAway, taken } from "../state/take-away.ts";
import { isRunning } from "../state/training.ts";
import { FileButton } from "../ui/file-button.tsx";
import { Icon } from "../ui/icon.tsx";
import { PartHeader } from "../ui/part-header.tsx";
import { bytes } from "../ui/plain.ts";
import { Problem } from "../ui/problem.tsx";
import { CONTENTS } from "./contents.ts";

/** Bytes of a student's file for each of its parameters: four copies, for programs that do not read each other's. */
const BYTES_PER_PARAMETER = 4 * 4;

/** How large the student's file is, about. */
function size(): string {
  const { training } = project.value;
  const student = training.kind === "done" && training.models.find(({ role }) => role === "student");
  return student ? ` of about ${bytes(student.params * BYTES_PER_PARAMETER)}` : "";
}

/** Part 3: the student as a file. */
export function TakeAway() {
  const done = project.value.training.kind === "done";
  return (
    <section id="take-away" class="part" aria-labelledby="take-away-title">
      <PartHeader id="take-away" number={3} title="Take away">
        Download the student as one file. Other programs open it, and so does this page, on any computer.
      </PartHeader>
      <div class="columns take">
        <div class="card take-actions">
          <button
            type="button"
            class="button primary large"
            disabled={!done || isRunning.value || packing.value !== undefined}
            onClick={() => void takeAway()}
          >
            <Icon name="download" />
            {packing.value === "out" ? "Packing" : "Download the student"}
          </button>
          <p class="hint">
            {done
              ? taken.value === undefined
                ? `A zip file${size()}. Your pictures are not in it.`
                : `student.zip, ${bytes(taken.value)}, is among your downloads.`
              : "There is a student to download as soon as a training is done."}
          </p>
          <hr />
          <FileButton
            icon="upload"
            label={packing.value === "in" ? "Opening" : "Open a downloaded student"}
            accept=".zip,application/zip"
            disabled={isRunning.value || packing.value !== undefined}
            onFiles={([file]) => void bringBack(file!)}
          />
          <p class="hint">
            {brought.value === undefined
              ? "Or drop the zip file anywhere on this page."
              : `${brought.value} is open.`}
          </p>
          <Problem place="takeAway" />
        </div>
        <div class="contents">
          <h3>What is in it</h3>
          <dl>
            {CONTENTS.map(({ file, opens }) => (
              <div key={file}>
                <dt>{file}</dt>
                <dd>{opens}</dd>
              </div>
            ))}
          </dl>
        </div>
      </div>
    </section>
  );
}
