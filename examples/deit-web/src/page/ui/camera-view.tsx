import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { mirrored, stream } from "../state/camera.ts";

/** The webcam's picture; `video` gets its element. */
export function CameraView({ video }: { video: RefObject<HTMLVideoElement | null> }) {
  const shown = stream.value;
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    element.srcObject = shown ?? null;
    // Rejected if the element leaves the page before it plays.
    if (shown !== undefined) element.play().catch(() => {});
    return () => {
      element.srcObject = null;
    };
  }, [shown, video]);
  return (
    <video
      ref={video}
      class={mirrored.value ? "camera mirrored" : "camera"}
      aria-label="The webcam's picture"
      muted
      playsInline
    />
  );
}
