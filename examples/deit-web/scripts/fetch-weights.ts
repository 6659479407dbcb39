// Puts DeiT-Ti's published weights beside the page: from the Hugging Face Hub, or from a file that is named.
import { copyFile, mkdir, readFile, rename } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { config, loadWeights, vit } from "deit-model";
import { hubFile, hubName } from "hub-files";
import { startBackend } from "tfjs-backends";

const MODEL = "timm/deit_tiny_patch16_224.fb_in1k";
const folder = fileURLToPath(new URL("../public/weights/", import.meta.url));

const [given] = process.argv.slice(2);
const file = given ?? (await hubFile(hubName(MODEL)!, "model.safetensors"));
await startBackend("wasm");
const model = vit({ ...config.deitTiny, classes: 1000, init: "timm" });
await loadWeights(model, await readFile(file), { adapt: ["classes", "distillation", "extra"] });
await mkdir(folder, { recursive: true });
await copyFile(file, `${folder}model.safetensors.part`);
await rename(`${folder}model.safetensors.part`, `${folder}model.safetensors`);
console.log(`${given ?? MODEL}: DeiT-Ti's weights, now at ${folder}model.safetensors`);
