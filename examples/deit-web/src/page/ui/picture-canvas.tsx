import { useEffect, useRef } from "preact/hooks";

/** Draws a picture of a project into a canvas of its own size. Decorative: words say what it is. */
export function PictureCanvas({ picture }: { picture: ImageBitmap }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const { width, height } = picture;
    if (canvas.current === null || width === 0) return; // closed meanwhile
    canvas.current.width = width;
    canvas.current.height = height;
    canvas.current.getContext("2d")?.drawImage(picture, 0, 0);
  }, [picture]);
  return <canvas ref={canvas} />;
}
