import { useEffect, useRef } from "preact/hooks";
import type { NewPicture } from "../../session/types.ts";
import { closeCamera, grabFrame, stream } from "../state/camera.ts";
import { addPictures } from "../state/project.ts";
import { CameraView } from "../ui/camera-view.tsx";

/** Time between two pictures, milliseconds. */
const EVERY = 150;

/** The webcam, and a button that takes pictures while it is held. A mere click takes one. */
export function Recorder({ className }: { className: string }) {
  const video = useRef<HTMLVideoElement>(null);
  const recording = useRef<ReturnType<typeof setInterval> | undefined>(undefined);
  const waiting = useRef<NewPicture[]>([]);
  const saving = useRef<Promise<void> | undefined>(undefined);

  const save = async () => {
    while (waiting.current.length > 0) {
      const some = waiting.current.splice(0);
      await addPictures(some, `class:${className}`, { quietly: true });
    }
    saving.current = undefined;
  };
  const take = async () => {
    if (video.current === null || video.current.videoWidth === 0) return; // not on yet
    const picture = await grabFrame(video.current).catch(() => undefined);
    if (picture === undefined) return; // switched off meanwhile
    waiting.current.push({ className, name: "webcam", picture });
    saving.current ??= save();
  };
  const start = () => {
    if (recording.current !== undefined) return;
    void take();
    recording.current = setInterval(() => void take(), EVERY);
  };
  const stop = () => {
    clearInterval(recording.current);
    recording.current = undefined;
  };
  const isKey = ({ key }: KeyboardEvent) => key === " " || key === "Enter";

  useEffect(() => stop, []);
  return (
    <div class="recorder">
      <CameraView video={video} />
      <div class="recorder-buttons">
        <button
          type="button"
          class="button primary record"
          disabled={stream.value === undefined}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            start();
          }}
          onPointerUp={stop}
          onPointerCancel={stop}
          onContextMenu={(event) => event.preventDefault()}
          onKeyDown={(event) => {
            if (!isKey(event)) return;
            event.preventDefault();
            start();
          }}
          onKeyUp={(event) => isKey(event) && stop()}
          onBlur={stop}
          // Pointers and keys have had theirs: this is a screen reader's click.
          onClick={(event) => event.detail === 0 && void take()}
        >
          {stream.value === undefined ? "Waiting for the webcam" : "Hold to record"}
        </button>
        <button type="button" class="button quiet" onClick={closeCamera}>
          Done
        </button>
      </div>
    </div>
  );
}
