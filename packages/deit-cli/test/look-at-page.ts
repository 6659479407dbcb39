import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { emptyFolder } from "test-kit";

const HEIGHT = 800;

/** Measurements of a page at one width. */
export interface Look {
  /** Width of the frame, in pixels. */
  readonly width: number;
  /** Width of the content, in pixels: more than `width` means sideways scrolling. */
  readonly scrollWidth: number;
  /** Height of the content, in pixels. */
  readonly height: number;
  readonly images: number;
  /** Images that did not load. */
  readonly broken: number;
  /** Images without an alternative text. */
  readonly unnamed: number;
  /** Mean of the pixels in light and dark mode, 0…255. */
  readonly brightness: { readonly light: number; readonly dark: number };
}

/**
 * Opens a page in Chromium at several widths: side by side, in frames.
 *
 * @param screenshots - Folder that `light.png` and `dark.png` are left in; nothing is left without it.
 */
export async function lookAtPage(
  chromium: string,
  html: string,
  widths: readonly number[],
  screenshots?: string,
): Promise<Look[]> {
  const folder = await emptyFolder();
  const shots = screenshots ?? folder;
  await mkdir(shots, { recursive: true });
  const page = join(folder, "page.html");
  await writeFile(page, frames(html, widths));
  const open = (...flags: string[]): string =>
    execFileSync(
      chromium,
      [
        ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"],
        ...["--virtual-time-budget=10000", `--user-data-dir=${join(folder, "profile")}`, ...flags],
        pathToFileURL(page).href,
      ],
      { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
    );
  const looks = JSON.parse(/<title>(.*)<\/title>/.exec(open("--dump-dom"))![1]!) as Omit<
    Look,
    "brightness"
  >[];

  const total = widths.reduce((sum, width) => sum + width, 0);
  const means = async (scheme: "dark" | "light"): Promise<number[]> => {
    const file = join(shots, `${scheme}.png`);
    const preferred = scheme === "dark" ? 0 : 1; // Blink's numbers
    open(
      `--window-size=${total},${HEIGHT}`,
      `--blink-settings=preferredColorScheme=${preferred}`,
      `--screenshot=${file}`,
    );
    return Promise.all(
      widths.map(async (width, i) => {
        const left = widths.slice(0, i).reduce((sum, one) => sum + one, 0);
        const frame = await sharp(file)
          .extract({ left, top: 0, width, height: HEIGHT - 200 })
          .toBuffer();
        const { channels } = await sharp(frame).stats();
        return channels.slice(0, 3).reduce((sum, { mean }) => sum + mean / 3, 0);
      }),
    );
  };
  const [light, dark] = [await means("light"), await means("dark")];
  return looks.map((look, i) => ({ ...look, brightness: { light: light[i]!, dark: dark[i]! } }));
}

/** A page that shows another in frames, with the measurements in its title. */
function frames(html: string, widths: readonly number[]): string {
  const all = widths.map((width) => `<iframe width="${width}" height="${HEIGHT}"></iframe>`);
  const text = JSON.stringify(html).replaceAll("<", "\\u003c");
  return `<!doctype html><meta charset="utf-8"><title></title>
<style>body { margin: 0; display: flex; } iframe { border: 0; flex: none; }</style><body>${all.join("")}<script>
const frames = [...document.querySelectorAll("iframe")];
const loaded = frames.map((frame) => new Promise((done) => { frame.onload = done; frame.srcdoc = ${text}; }));
Promise.all(loaded).then(() => {
  document.title = JSON.stringify(frames.map(({ contentDocument: { documentElement, images }, width }) => ({
    width: Number(width),
    scrollWidth: documentElement.scrollWidth,
    height: documentElement.scrollHeight,
    images: images.length,
    broken: [...images].filter((image) => image.naturalWidth === 0).length,
    unnamed: [...images].filter((image) => image.alt === "").length,
  })));
});
</script>`;
}
