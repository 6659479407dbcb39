import { attribute } from "../graph/attribute.ts";
import { type KernelRow, type KernelRows, row } from "./kernel-row.ts";

function resize(op: string): KernelRow {
  return row<{ size: [number, number] }>(
    ({ images }, { size }) => ({
      shape: [images!.shape[0]!, ...size, images!.shape[3]!],
      dtype: op === "ResizeBilinear" ? "float32" : images!.dtype,
    }),
    (call, to) => {
      const images = call.input("images");
      return to.node(op, [images.ref, to.ints(call.sizes("size"), images)], {
        T: attribute.type(images.dtype),
        align_corners: attribute.bool(call.fixed<boolean | null>("alignCorners") === true),
        half_pixel_centers: attribute.bool(call.fixed<boolean | null>("halfPixelCenters") === true),
      });
    },
  );
}

/** Kernels of pictures. */
export const IMAGE: KernelRows = {
  ResizeBilinear: resize("ResizeBilinear"),
  ResizeNearestNeighbor: resize("ResizeNearestNeighbor"),
  CropAndResize: row<{ cropSize: [number, number] }>(
    ({ image, boxes }, { cropSize }) => ({
      shape: [boxes!.shape[0]!, ...cropSize, image!.shape[3]!],
      dtype: "float32",
    }),
    (call, to) => {
      const inputs = ["image", "boxes", "boxInd"].map((name) => call.input(name).ref);
      return to.node("CropAndResize", [...inputs, to.ints(call.sizes("cropSize"))], {
        ...{ T: attribute.type(call.input("image").dtype), method: attribute.text(call.fixed("method")) },
        extrapolation_value: attribute.float(call.fixed<number>("extrapolationValue")),
      });
    },
  ),
};
