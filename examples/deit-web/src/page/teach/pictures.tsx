import { addFiles, dropTarget, freeName } from "../state/drop.ts";
import { addClass, addDrawnFlowers, adding, leftOut, project, refused, total } from "../state/project.ts";
import { isRunning } from "../state/training.ts";
import { FileButton } from "../ui/file-button.tsx";
import { Icon } from "../ui/icon.tsx";
import { counted, whole } from "../ui/plain.ts";
import { Problem } from "../ui/problem.tsx";
import { ClassCard } from "./class-card.tsx";
import { EmptyPictures } from "./empty-pictures.tsx";

/** Flowers that one click draws: enough to learn from in minutes. */
const DRAWN = 500;

/** The classes with their pictures, and ways to add more. */
export function Pictures() {
  const { classes } = project.value;
  return (
    <div class="pictures">
      {classes.length === 0 ? (
        <EmptyPictures count={DRAWN} />
      ) : (
        <>
          <div class="row spread toolbar">
            <h3>
              {counted(classes.length, "class", "classes")}, {counted(total.value, "picture")}
            </h3>
            <AddButtons />
          </div>
          <ul class="classes">
            {classes.map(({ name, count }) => (
              <li key={name}>
                <ClassCard name={name} count={count} />
              </li>
            ))}
            <li>
              <NewClass />
            </li>
          </ul>
        </>
      )}
      <Adding />
      <Refused />
      <Problem place="pictures" />
    </div>
  );
}

/** Buttons that add pictures to the project as a whole. */
function AddButtons() {
  const disabled = isRunning.value || adding.value !== undefined;
  return (
    <div class="row">
      <FileButton icon="folder" label="Add a folder" folder disabled={disabled} onFiles={addFolder} />
      {total.value === 0 && (
        <button type="button" class="button" disabled={disabled} onClick={() => void addDrawnFlowers(DRAWN)}>
          <Icon name="flower" />
          Draw flowers
        </button>
      )}
    </div>
  );
}

/** Adds the pictures of a folder; its subfolders are classes. */
export function addFolder(files: FileList): void {
  void addFiles(files, "page");
}

function NewClass() {
  return (
    <button
      type="button"
      class={`new-class ${dropTarget.value === "new" || dropTarget.value === "page" ? "is-target" : ""}`}
      data-drop="new"
      disabled={isRunning.value}
      onClick={() => void addClass(freeName())}
    >
      <Icon name="add" />
      {dropTarget.value === undefined ? "New class" : "Drop for a new class"}
    </button>
  );
}

function Adding() {
  const now = adding.value;
  if (now === undefined) return null;
  return (
    <div class="note">
      <label class="grow">
        Adding picture {whole(Math.min(now.done + 1, now.of))} of {whole(now.of)}
        <progress value={now.done} max={now.of} />
      </label>
    </div>
  );
}

/** Files that were not added, the first few by name. */
function Refused() {
  const files = refused.value;
  const notes = leftOut.value;
  if (files.length === 0 && notes.length === 0) return null;
  return (
    <div class="note">
      <div class="grow">
        {notes.map((text) => (
          <p key={text}>{text.charAt(0).toUpperCase() + text.slice(1)}</p>
        ))}
        {files.length > 0 && (
          <details>
            <summary>{counted(files.length, "file")} not added</summary>
            <ul>
              {files.slice(0, 20).map(({ name, reason }) => (
                <li key={name}>
                  <b>{name}</b>: {reason}
                </li>
              ))}
              {files.length > 20 && <li>and {whole(files.length - 20)} more</li>}
            </ul>
          </details>
        )}
      </div>
      <button type="button" class="icon-button" aria-label="Dismiss" onClick={dismissRefused}>
        <Icon name="close" />
      </button>
    </div>
  );
}

function dismissRefused(): void {
  refused.value = [];
  leftOut.value = [];
}
