import type { Preprocessing } from "deit-model";
import type { Exported } from "../exported.ts";

/** How to open the folder in each program that it has files for: a heading, and code. */
export function usage({ formats, files }: Exported, preprocessing: Preprocessing): string[] {
  const has = (path: string) => files.some((file) => file.path === path);
  const isHugging = formats.includes("huggingface");
  const parts: string[] = [];
  if (isHugging) {
    parts.push(
      code("transformers", "python", [
        "from transformers import pipeline",
        "",
        'classify = pipeline("image-classification", model="path/to/this/folder")',
        'print(classify("photo.jpg"))',
      ]),
    );
  }
  if (isHugging && formats.includes("onnx")) {
    parts.push(
      code("transformers.js", "js", [
        'import { env, pipeline } from "@huggingface/transformers";',
        "",
        "env.allowRemoteModels = false;",
        "env.allowLocalModels = true;",
        'env.localModelPath = "/models/"; // where this folder lies, on a server or on disk',
        'const classify = await pipeline("image-classification", "this-folder");',
        'console.log(await classify("photo.jpg"));',
      ]),
    );
  }
  if (formats.includes("timm")) {
    parts.push(
      code("timm", "python", [
        "import timm",
        "",
        'model = timm.create_model("local-dir:path/to/this/folder/timm", pretrained=True).eval()',
        "transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))",
      ]),
    );
  }
  if (formats.includes("onnx")) {
    const lines = [
      "import onnxruntime",
      "",
      'session = onnxruntime.InferenceSession("onnx/model.onnx")',
      '(logits,) = session.run(["logits"], {"pixel_values": pixels})  # [batch, 3, height, width]',
    ];
    const small =
      "`onnx/model_quantized.onnx` has its products in 8 bits: a quarter of the size, and the accuracy above.";
    parts.push(code("ONNX Runtime", "python", lines), ...(has("onnx/model_quantized.onnx") ? [small] : []));
  }
  if (formats.includes("tfjs")) {
    const { rescale, mean, std } = preprocessing;
    parts.push(
      code("TensorFlow.js", "js", [
        'const model = await tf.loadGraphModel("tfjs/model.json");',
        `const scaled = tf.sub(tf.mul(pixels, ${rescale}), [${mean}]); // pixels in 0…255, [batch, height, width, 3]`,
        `const logits = model.predict(tf.div(scaled, [${std}]));`,
      ]),
    );
  }
  return parts;
}

function code(heading: string, language: string, lines: readonly string[]): string {
  return `### ${heading}\n\n\`\`\`${language}\n${lines.join("\n")}\n\`\`\``;
}
