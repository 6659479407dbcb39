// A page with videos: its webcam, and a canvas whose color changes.
import { type VideoPicturesOptions, videoPictures } from "image-source/browser";

/** A picture's size, and its middle pixel. */
export type Glance = readonly [width: number, height: number, red: number, green: number, blue: number];

/** Functions that a test calls in the page: `page.evaluate` finds them by these names. */
export interface Videos {
  ofWebcam(options: VideoPicturesOptions): Promise<Glance[]>;
  /** One picture of each color; then a signal, the loop, or the video's stream or source ends it. */
  ofColors(colors: readonly string[], end: "signal" | "break" | "track" | "source"): Promise<Glance[]>;
  /** What is said of a video that does not load. */
  ofNothing(): Promise<string>;
  /** Pictures that there are if the signal has ended before. */
  afterSignal(): Promise<number>;
}

async function glances(pictures: AsyncIterable<{ data: ArrayLike<number>; width: number; height: number }>) {
  const all: Glance[] = [];
  for await (const picture of pictures) all.push(glance(picture));
  return all;
}

function glance({ data, width, height }: { data: ArrayLike<number>; width: number; height: number }): Glance {
  const at = 3 * (Math.floor(height / 2) * width + Math.floor(width / 2));
  return [width, height, data[at]!, data[at + 1]!, data[at + 2]!];
}

async function ofColors(
  colors: readonly string[],
  end: "signal" | "break" | "track" | "source",
): Promise<Glance[]> {
  const canvas = Object.assign(document.createElement("canvas"), { width: 32, height: 24 });
  const context = canvas.getContext("2d")!;
  const stream = canvas.captureStream(0);
  const track = stream.getVideoTracks()[0] as CanvasCaptureMediaStreamTrack;
  const video = Object.assign(document.createElement("video"), { muted: true, srcObject: stream });
  const look = new OffscreenCanvas(32, 24).getContext("2d", { willReadFrequently: true })!;
  const isShown = (color: string): boolean => {
    look.drawImage(video, 0, 0);
    const [...channels] = look.getImageData(16, 12, 1, 1).data.subarray(0, 3);
    return channels.every((channel, i) => channel > 200 === (color.slice(1 + 2 * i, 3 + 2 * i) === "ff"));
  };
  // A frame's callback may come late, and be taken for the next frame's.
  const paint = async (color: string): Promise<void> => {
    context.fillStyle = color;
    context.fillRect(0, 0, 32, 24);
    do {
      track.requestFrame();
      await new Promise((resolve) => setTimeout(resolve, 10));
    } while (!isShown(color));
  };
  void video.play();
  const controller = new AbortController();
  const seen: Glance[] = [];
  const pictures = videoPictures(video, { everySeconds: 0.01, signal: controller.signal });
  const first = paint(colors[0]!); // not awaited: videoPictures waits for a frame
  for await (const picture of pictures) {
    seen.push(glance(picture));
    await first;
    if (seen.length < colors.length) await paint(colors[seen.length]!);
    else if (end === "signal") controller.abort();
    else if (end === "break") break;
    else if (end === "track") track.stop();
    else video.srcObject = null as never;
  }
  return seen;
}

const videos: Videos = {
  async ofWebcam(options) {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    const video = Object.assign(document.createElement("video"), { muted: true, srcObject: stream });
    void video.play();
    const all = await glances(videoPictures(video, options));
    for (const track of stream.getTracks()) track.stop();
    return all;
  },
  ofColors,
  async ofNothing() {
    const video = document.createElement("video");
    video.src = "/nothing.mp4";
    return glances(videoPictures(video)).then(
      () => "pictures",
      (error: Error) => error.message,
    );
  },
  async afterSignal() {
    const all = await glances(
      videoPictures(document.createElement("video"), { signal: AbortSignal.abort() }),
    );
    return all.length;
  },
};
Object.assign(globalThis, videos);
