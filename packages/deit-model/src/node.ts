import "vit-blocks"; // registers its layers, which saved models have

export { loadModel, saveModel } from "named-weights/node";
export { loadWeightsFile, saveWeightsFile } from "./weights/weights-file.ts";
