import { useEffect, useRef } from "preact/hooks";
import { closeCamera, grabFrame, stream } from "../state/camera.ts";
import { lookAtFrame } from "../state/look.ts";
import { CameraView } from "../ui/camera-view.tsx";

/** The webcam, of which one picture after the other is looked at. */
export function LiveCamera() {
  const video = useRef<HTMLVideoElement>(null);
  const shown = stream.value;
  useEffect(() => {
    if (shown === undefined) return;
    let over = false;
    const look = async () => {
      while (!over) {
        await new Promise(requestAnimationFrame); // never faster than the screen
        if (over || video.current === null || video.current.videoWidth === 0) continue;
        const frame = await grabFrame(video.current).catch(() => undefined);
        if (over || frame === undefined) continue; // switched off meanwhile
        if (!(await lookAtFrame(frame))) closeCamera(); // it says why
      }
    };
    void look();
    return () => {
      over = true;
    };
  }, [shown]);
  return (
    <div class="live">
      <CameraView video={video} />
    </div>
  );
}
