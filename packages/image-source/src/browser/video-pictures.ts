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
 * @param video - Waited for until it has its first frame. It is neither started nor stopped; paused, it shows the same again.
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
  await firstFrame(video, signal);
  let due = performance.now();
  for (let taken = 0; taken < count && !signal?.aborted && !video.ended; taken++) {
    yield await decodePicture(video, decoding);
    due = Math.max(due + 1000 * everySeconds, performance.now()); // none is made up for
    if (taken + 1 < count) await until(due, video, signal);
  }
}

/** Resolves with the first frame, or when the signal ends. */
function firstFrame(video: HTMLVideoElement, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const hasFrame = video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    if (hasFrame || signal?.aborted) return resolve();
    const failed = () => {
      const reason = video.error?.message || "it does not load";
      reject(new Error(`videoPictures: expected a video that plays, got: ${reason}`));
    };
    if (video.error !== null) return failed();
    video.addEventListener("loadeddata", () => resolve(), { once: true });
    video.addEventListener("error", failed, { once: true });
    signal?.addEventListener("abort", () => resolve(), { once: true });
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
