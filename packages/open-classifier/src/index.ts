// Any saved model.

export type { Classifier, ClassifierFeatures, ClassifierKind } from "./classifier.ts";
export { type OpenClassifierOptions, openClassifier } from "./open-classifier.ts";

// A model in memory, another head.

export { type FoundModel, findModel } from "./find/find-model.ts";
export { withHead } from "./head.ts";
export { type LayersClassifierOptions, layersClassifier } from "./kinds/layers.ts";
export { loadLayersModelFile } from "./kinds/layers-model-files.ts";

// What a model says of its use.

export { type InputOrigin, type KnownInput, toInputRange } from "./notes/known-input.ts";
export { addNotes, type CropNote, type ModelNotes, notesOf } from "./notes/notes.ts";
export { notesOfPixels, PIXELS, type Pixels } from "./notes/pixels.ts";
export type { InputRange } from "./notes/read-input-range.ts";
export { saveNotes } from "./notes/save-notes.ts";

// Runs of deit-cli.

export { runStudent, withoutModel } from "./find/run-student.ts";
