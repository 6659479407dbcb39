import {
  ABORT_SIGNAL,
  COUNT,
  check,
  optional,
  POSITIVE,
  requireArguments,
  requireOptions,
} from "known-options";
import type { ByteImage } from "vision-augment";
import { DECODE_CHECKS, type DecodePictureOptions, decodePicture } from "./decode/decode-picture.ts";
import { kindOf } from "./decode/picture-input.ts";

/** Options of {@link videoPictures}. */
export interface VideoPicturesOptions extends DecodePictureOptions {
  /** Seconds from one picture to the next. Default 0.5. */
  readonly everySeconds?: number;
  /** Number of pictures. Default: until the video or the signal ends. */
  readonly count?: number;
  /** Ends the pictures, without an error. */
  readonly signal?: AbortSignal;
}

const VIDEO = check("an HTMLVideoElement", (value) => kindOf(value) === "HTMLVideoElement");

/**
 * Pictures of a video that plays, such as a webcam's: what it shows now, and again every half second. Ends with the video, the signal, or
 * the loop that reads them.
 *
 * @param video - Waited for until it has a frame. It is neither started nor stopped; paused, it shows the same again.
 * @throws TypeError for another input or an unknown option. RangeError for an option out of range. Error if the video does not load,
 * or as `decodePicture`.
 *
 * @example
 * ```ts norun
 * import { videoPictures } from "image-source/browser";
 *
 * const video = document.querySelector("video")!;
 * video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
 * await video.play();
 * for await (const image of videoPictures(video, { count: 20, shortestEdge: 256 })) console.log(image.width);
 * ```
 */
export async function* videoPictures(
  video: HTMLVideoElement,
  options: VideoPicturesOptions = {},
): AsyncGenerator<ByteImage> {
  requireOptions("videoPictures", options, {
    ...{ ...DECODE_CHECKS, everySeconds: optional(POSITIVE), count: optional(COUNT) },
    signal: optional(ABORT_SIGNAL),
  });
  requireArguments("videoPictures", { video }, { video: VIDEO });
  const { everySeconds = 0.5, count = Infinity, signal, ...decoding } = options;
  let due = performance.now();
  for (let taken = 0; taken < count; taken++) {
    const isOver = () => signal?.aborted || (taken > 0 && hasEnded(video));
    if (!isOver()) await frameOf(video, signal);
    if (isOver()) return;
    yield await decodePicture(video, decoding);
    due = Math.max(due + 1000 * everySeconds, performance.now()); // none is made up for
    if (taken + 1 < count) await until(due, video, signal);
  }
}

/** Whether nothing new comes: at its end, without a source, or with a stream whose tracks were stopped, which has no end of its own. */
function hasEnded(video: HTMLVideoElement): boolean {
  const { ended, networkState, srcObject } = video;
  const isStopped = srcObject !== null && "active" in srcObject && !srcObject.active;
  return ended || isStopped || networkState === HTMLMediaElement.NETWORK_EMPTY;
}

/** Resolves when there is a frame, at the first one or after a seek; or when the video or the signal ends. */
function frameOf(video: HTMLVideoElement, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA || signal?.aborted) return resolve();
    const failed = () => {
      const reason = video.error?.message || "it does not load";
      reject(new Error(`videoPictures: expected a video that plays, got: ${reason}`));
    };
    if (video.error !== null) return failed();
    const listening = new AbortController();
    const end = (settle: () => void) => () => {
      listening.abort();
      settle();
    };
    const once = { signal: listening.signal };
    for (const event of ["loadeddata", "canplay", "emptied"])
      video.addEventListener(event, end(resolve), once);
    video.addEventListener("error", end(failed), once);
    signal?.addEventListener("abort", end(resolve), once);
  });
}

/** Resolves at a time, or when the video or the signal ends. */
function until(due: number, video: HTMLVideoElement, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      video.removeEventListener("ended", end);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, due - performance.now());
    video.addEventListener("ended", end);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
  });
}
