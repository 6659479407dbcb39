import { useState } from "preact/hooks";
import { ask } from "../state/ask.ts";
import { cameraUser, openCamera } from "../state/camera.ts";
import { addFiles, dropTarget } from "../state/drop.ts";
import { removeClass } from "../state/project.ts";
import { isRunning } from "../state/training.ts";
import { FileButton } from "../ui/file-button.tsx";
import { Icon } from "../ui/icon.tsx";
import { counted } from "../ui/plain.ts";
import { Problem } from "../ui/problem.tsx";
import { ClassName } from "./class-name.tsx";
import { Recorder } from "./recorder.tsx";
import { Thumbnails } from "./thumbnails.tsx";

/** A class: its name, its pictures, and ways to add more. */
export function ClassCard({ name, count }: { name: string; count: number }) {
  const [all, setAll] = useState(false);
  const target = `class:${name}` as const;
  const locked = isRunning.value;
  return (
    <article class={`card class-card ${dropTarget.value === target ? "is-target" : ""}`} data-drop={target}>
      <header>
        <ClassName name={name} locked={locked} />
        <span class="count">{counted(count, "picture")}</span>
        <button
          type="button"
          class="icon-button"
          aria-label={`Remove class ${name}`}
          disabled={locked}
          onClick={() => void removeAfterAsking(name, count)}
        >
          <Icon name="trash" />
        </button>
      </header>
      {cameraUser.value === target ? (
        <Recorder className={name} />
      ) : (
        <Thumbnails className={name} count={count} all={all} onAll={setAll} locked={locked} />
      )}
      <Problem place={target} />
      {cameraUser.value !== target && (
        <footer class="row">
          <FileButton
            icon="picture"
            label="Files"
            spoken={`Choose files for ${name}`}
            kind="quiet"
            multiple
            disabled={locked}
            onFiles={(files) => void addFiles(files, target)}
          />
          <button
            type="button"
            class="button quiet"
            aria-label={`Webcam for ${name}`}
            disabled={locked}
            onClick={() => void openCamera(target)}
          >
            <Icon name="camera" />
            Webcam
          </button>
        </footer>
      )}
    </article>
  );
}

async function removeAfterAsking(name: string, count: number): Promise<void> {
  const agreed =
    count === 0 ||
    (await ask({
      title: `Remove ${name}?`,
      text: `Its ${counted(count, "picture")} leave the project. Files on your disk stay as they are.`,
      yes: "Remove",
    }));
  if (!agreed) return;
  await removeClass(name);
  document.querySelector<HTMLElement>(".new-class")?.focus(); // the card that had the focus is gone
}
