import { useState } from "preact/hooks";
import type { Picture } from "../../session/types.ts";
import { cameraUser, closeCamera, openCamera } from "../state/camera.ts";
import { chosen, lookAt } from "../state/look.ts";
import { attempt } from "../state/problems.ts";
import { picturesOf, project } from "../state/project.ts";
import { session } from "../state/session.ts";
import { FileButton } from "../ui/file-button.tsx";
import { Icon } from "../ui/icon.tsx";
import { PictureCanvas } from "../ui/picture-canvas.tsx";

/** Pictures of the project that are offered. */
const OFFERED = 12;

/** Chooses the picture to look at: a file, the webcam, or one of the project's. */
export function Picker() {
  const [turn, setTurn] = useState(0);
  const live = cameraUser.value === "look";
  const offered = someOf(turn);
  return (
    <div class="picker">
      <div class="row">
        <FileButton
          icon="picture"
          label="Choose a picture"
          onFiles={([file]) => {
            closeCamera();
            void lookAt(file!, file!.name);
          }}
        />
        <button
          type="button"
          class="button"
          aria-pressed={live}
          onClick={() => (live ? closeCamera() : void openCamera("look"))}
        >
          <Icon name="camera" />
          {live ? "Stop the webcam" : "Webcam"}
        </button>
      </div>
      {offered.length > 0 && (
        <div class="offered">
          <span class="hint" id="offered">
            or one of yours
          </span>
          <ul aria-labelledby="offered">
            {offered.map((picture, index) => (
              <li key={picture.id}>
                <button
                  type="button"
                  class="thumbnail"
                  aria-label={`Look at picture ${index + 1}: ${picture.className}`}
                  aria-pressed={chosen.value?.name === picture.id}
                  onClick={() => void lookAtOwn(picture)}
                >
                  <PictureCanvas picture={picture.thumbnail} />
                </button>
              </li>
            ))}
            {offered.length === OFFERED && (
              <li>
                <button type="button" class="more" onClick={() => setTurn(turn + 1)}>
                  others
                  <span class="unseen"> of your pictures</span>
                </button>
              </li>
            )}
          </ul>
        </div>
      )}
    </div>
  );
}

/** A few pictures of each class, others at each turn. */
function someOf(turn: number): Picture[] {
  const { classes } = project.value;
  const some: Picture[] = [];
  for (let round = 0; some.length < OFFERED && round < OFFERED; round += 1) {
    for (const { name } of classes) {
      const pictures = picturesOf.value.get(name) ?? [];
      const index = turn * Math.ceil(OFFERED / classes.length) + round;
      if (round < pictures.length) some.push(pictures[index % pictures.length]!);
    }
  }
  return [...new Set(some)].slice(0, OFFERED);
}

async function lookAtOwn({ id }: Picture): Promise<void> {
  closeCamera();
  const picture = await attempt("look", () => session.picture(id));
  if (picture !== undefined) await lookAt(picture, id);
}
