import * as tf from "@tensorflow/tfjs-core";
import { IN_NODE } from "./in-node.ts";
import { loadError } from "./load-error.ts";
import { quietly } from "./quietly.ts";
import { isSoftwareRenderer } from "./software-renderer.ts";

/** `UNMASKED_RENDERER_WEBGL` of WebGL's `WEBGL_debug_renderer_info`. */
const UNMASKED_RENDERER = 0x9246;

/**
 * Starts tfjs' WebGL backend, in a page or a worker of a page.
 *
 * @param allowSoftware - `false` refuses WebGL that runs on the CPU (SwiftShader, llvmpipe), and WebGL without 32-bit
 * floats, as on some phones: too coarse to train.
 * @returns The GPU's name and its precision.
 */
export async function startWebGl(allowSoftware: boolean): Promise<string> {
  if (IN_NODE) throw new Error("startBackend: backend 'webgl' expected a browser, and this is Node");
  const renderer = rendererName(allowSoftware);
  try {
    await import("@tensorflow/tfjs-backend-webgl");
  } catch (error) {
    throw loadError("backend 'webgl'", error, ["@tensorflow/tfjs-backend-webgl"]);
  }
  tf.env().set("SOFTWARE_WEBGL_ENABLED", true); // `allowSoftware` has decided
  if (!(await quietly(() => tf.setBackend("webgl")))) {
    throw new Error(`startBackend: backend 'webgl' did not start on ${renderer}`);
  }
  const isFloat32 = tf.env().getBool("WEBGL_RENDER_FLOAT32_ENABLED");
  if (!isFloat32 && !allowSoftware) {
    throw new Error(`startBackend: backend 'webgl' expected 32-bit floats, and ${renderer} has 16 bits`);
  }
  return `${renderer}, ${isFloat32 ? "tfjs' own kernels" : "16-bit floats: too coarse to train"}`;
}

/** @throws Error where there is no WebGL, or only a software one that is not allowed. */
function rendererName(allowSoftware: boolean): string {
  const canvas =
    typeof OffscreenCanvas === "undefined" ? document.createElement("canvas") : new OffscreenCanvas(1, 1);
  const options = { failIfMajorPerformanceCaveat: !allowSoftware };
  const gl = (canvas.getContext("webgl2", options) ??
    canvas.getContext("webgl", options)) as WebGLRenderingContext | null;
  if (gl === null) {
    throw new Error(
      `startBackend: backend 'webgl' expected WebGL${allowSoftware ? "" : " on a GPU"}, and this browser has none`,
    );
  }
  const known = gl.getExtension("WEBGL_debug_renderer_info") !== null;
  const name = String(gl.getParameter(known ? UNMASKED_RENDERER : gl.RENDERER)) || "unnamed renderer";
  gl.getExtension("WEBGL_lose_context")?.loseContext(); // browsers grant a page few contexts
  if (!isSoftwareRenderer(name)) return name;
  if (!allowSoftware) throw new Error(`startBackend: backend 'webgl' expected a GPU, found only ${name}`);
  return `${name}, a software renderer`;
}
