import { crc32 } from "node:zlib";
import { decodeImage } from "image-source/node";
import sharp from "sharp";
import { type Format, type Layer, wholeFile } from "../format.ts";
import { digest } from "../judge.ts";

const SIDE = 24;

/** Pictures of all formats that are taken; chunks of a PNG with their CRC set right. */
export const image: Format = {
  name: "image",
  reader: "`decodeImage`",
  async prepare() {
    const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7) % 251);
    const picture = () => sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } });
    const files = {
      jpeg: await picture()
        .jpeg({ quality: 90 })
        .withExif({ IFD0: { Orientation: "6" } })
        .toBuffer(),
      "progressive jpeg": await picture().jpeg({ progressive: true }).toBuffer(),
      "cmyk jpeg": await picture().toColorspace("cmyk").jpeg().toBuffer(),
      png: await picture().png().toBuffer(),
      webp: await picture().webp().toBuffer(),
      gif: await picture().gif().toBuffer(),
      tiff: await picture().tiff({ compression: "lzw" }).toBuffer(),
      avif: await picture().avif({ effort: 0 }).toBuffer(),
    };
    const png = new Uint8Array(files.png);
    return {
      layers: [
        ...Object.entries(files).map(([name, bytes]) => wholeFile(new Uint8Array(bytes), false, name)),
        headerOfPng(png),
      ],
      named: /./, // the file's name is the caller's to say
      async read(bytes) {
        const { width, height, data } = await decodeImage(bytes);
        if (data.length !== width * height * 3) return `${data.length} bytes of ${width} × ${height}`;
        return `${width} × ${height} ${digest(data)}`;
      },
    };
  },
};

/** The chunk IHDR: sides, depth, kind. */
function headerOfPng(file: Uint8Array): Layer {
  return {
    ...{ name: "png header", bytes: file.slice(16, 29), isGuarded: false },
    wrap(bytes) {
      const chunk = Buffer.concat([Buffer.from("IHDR"), bytes]);
      const around = Buffer.alloc(8);
      around.writeUInt32BE(bytes.length, 0);
      around.writeUInt32BE(crc32(chunk), 4);
      return new Uint8Array(
        Buffer.concat([
          file.subarray(0, 8),
          around.subarray(0, 4),
          chunk,
          around.subarray(4),
          file.subarray(33),
        ]),
      );
    },
  };
}
