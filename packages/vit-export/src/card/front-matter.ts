import type { Exported } from "../exported.ts";
import type { CardFacts } from "./card-facts.ts";

/** The hub's metadata at the beginning of a card, in YAML, of which JSON's texts are a part. */
export function frontMatter(
  { name, license, accuracy = [], data }: CardFacts,
  { formats }: Exported,
): string {
  const tags = [
    "vision",
    "image-classification",
    "vision-transformer",
    ...formats.flatMap((format) => TAGS[format]),
  ];
  const lines = [
    `license: ${license ?? "unknown"}`,
    ...(formats.includes("huggingface") ? ["library_name: transformers"] : []),
    "pipeline_tag: image-classification",
    "tags:",
    ...tags.map((tag) => `- ${tag}`),
  ];
  const [first] = accuracy;
  if (first !== undefined) {
    const dataset = JSON.stringify((data ?? "held-out pictures").split("\n")[0]);
    lines.push(
      "model-index:",
      `- name: ${JSON.stringify(name)}`,
      "  results:",
      "  - task:",
      "      type: image-classification",
    );
    lines.push("    dataset:", `      name: ${dataset}`, "      type: imagefolder", "    metrics:");
    lines.push(
      `    - type: ${first.metric === undefined ? "accuracy" : JSON.stringify(first.metric)}`,
      `      value: ${first.value}`,
    );
  }
  return `---\n${lines.join("\n")}\n---\n`;
}

const TAGS = {
  huggingface: ["safetensors"],
  timm: ["timm"],
  onnx: ["onnx", "transformers.js"],
  tfjs: ["tfjs"],
} as const;
