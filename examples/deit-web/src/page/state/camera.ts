import { signal } from "@preact/signals";
import { type Place, report } from "./problems.ts";

/** Part of the page that shows the webcam: a class that records, or the look. */
export type CameraUser = `class:${string}` | "look";

/** Who has the webcam; there is one picture of it at a time. */
export const cameraUser = signal<CameraUser | undefined>();

/** The webcam's stream, once the browser gave it. */
export const stream = signal<MediaStream | undefined>();

/** Whether pictures of the webcam are shown as in a mirror: people who see themselves expect that. */
export const mirrored = signal(true);

/** Who had the webcam before the tab was hidden. */
let paused: CameraUser | undefined;

/** Switches the webcam on for a part of the page. */
export async function openCamera(user: CameraUser): Promise<void> {
  closeCamera();
  cameraUser.value = user;
  const place: Place = user;
  try {
    if (!isSecureContext || navigator.mediaDevices === undefined) {
      throw new Error(
        "Browsers give the webcam to pages at https:// or on localhost only. Choose files instead.",
      );
    }
    const video = { facingMode: "environment", width: { ideal: 640 }, height: { ideal: 480 } };
    const opened = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    // Someone else asked meanwhile, or the tab was hidden.
    if (cameraUser.value !== user) return stopTracks(opened);
    const [track] = opened.getVideoTracks();
    mirrored.value = track?.getSettings().facingMode !== "environment";
    track?.addEventListener("ended", () => {
      if (stream.value !== opened) return;
      closeCamera();
      report(place, new Error("The webcam was switched off. Switch it on again to go on."));
    });
    stream.value = opened;
  } catch (error) {
    if (cameraUser.value === user) cameraUser.value = undefined;
    report(place, new Error(inPlainWords(error)));
  }
}

/** Switches the webcam off. */
export function closeCamera(): void {
  paused = undefined;
  cameraUser.value = undefined;
  const open = stream.value;
  stream.value = undefined;
  if (open !== undefined) stopTracks(open);
}

/** The middle of a frame as a square of at most `side` pixels. */
export async function grabFrame(video: HTMLVideoElement, side = 256): Promise<ImageBitmap> {
  const { videoWidth: width, videoHeight: height } = video;
  const square = Math.min(width, height);
  const size = Math.min(side, square);
  return createImageBitmap(video, (width - square) / 2, (height - square) / 2, square, square, {
    resizeWidth: size,
    resizeHeight: size,
    resizeQuality: "high",
  });
}

function stopTracks(media: MediaStream): void {
  for (const track of media.getTracks()) track.stop();
}

function inPlainWords(error: unknown): string {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
      return "The browser was told not to give the webcam. Allow it beside the page's address, then try again.";
    case "NotFoundError":
      return "There is no webcam. Plug one in, or choose files instead.";
    case "NotReadableError":
      return "Another program uses the webcam. Close it there, then try again.";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

// A hidden tab sees nothing; it goes on when it is shown again.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    const user = cameraUser.value;
    closeCamera();
    paused = user;
  } else if (paused !== undefined) {
    void openCamera(paused);
  }
});
