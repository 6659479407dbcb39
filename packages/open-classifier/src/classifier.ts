import type * as tfl from "@tensorflow/tfjs-layers";
import type { FeatureExtractor, LayeredTeacher, Preprocess, TeacherLayers } from "distill-trainer";
import type { KnownInput } from "./notes/known-input.ts";
import type { CropNote, ModelNotes } from "./notes/notes.ts";

/** Format of a saved classifier. */
export type ClassifierKind = "layers" | "hugging-face" | "graph" | "saved-model" | "onnx";

/** Features of a classifier's pictures. */
export interface ClassifierFeatures extends FeatureExtractor {
  /** Model `[batch, height, width, 3]` → `[batch, width]`, which shares the classifier's variables, of kinds that are layers models. */
  readonly layersModel?: tfl.LayersModel;
}

/** A saved model, ready for pictures in 0…255. */
export interface Classifier {
  readonly kind: ClassifierKind;
  /** Folder or file that was read: of a run its student's. */
  readonly path: string;
  /** What was found, in words: `a tfjs graph model of 5 classes, 224x224 pixels`. */
  readonly found: string;
  /** All that is known of its use, from its files and the options. */
  readonly notes: ModelNotes;
  /** Names of its classes, if they are known. */
  readonly classNames?: readonly string[];
  /** Size of its pictures in pixels: one number for squares, else `[height, width]`. */
  readonly imageSize: number | readonly [height: number, width: number];
  /** Its input, in words, and where it is known from. */
  readonly input: KnownInput;
  /** From pictures in 0…255 to its input. */
  readonly preprocess: Preprocess;
  /** Center crop of its pictures. Default: whole pictures. */
  readonly centerCrop?: CropNote;
  /**
   * Logits of pictures `[batch, height, width, 3]`, float32, in 0…255, not calibrated; its inner layers are those of the model.
   * Absent for a model without classes, of which only features can be used.
   */
  readonly teacher?: LayeredTeacher;
  /** Its inner layers, nodes or outputs, as the teacher's. Absent for a layers model of several outputs. */
  readonly layers?: TeacherLayers;
  /** The model, of kinds that are tfjs layers models in memory. */
  readonly layersModel?: tfl.LayersModel;
  /** Number of its parameters. */
  readonly parameters: number;
  /**
   * Features that are meant for a head on top: of a layer, node or output `feature_vector`, or of a Hugging Face folder those that its
   * own head reads. Absent where there are none.
   */
  readonly backbone?: () => ClassifierFeatures;
  /**
   * Returns features of any inner layer, node or output, the mean over its places.
   *
   * @param layer - Default: of layers models the input of the head, else `feature_vector`.
   * @throws RangeError naming what there is, if there is no such layer.
   */
  features(layer?: string): ClassifierFeatures;
  /** SHA-256 of its weights, in hexadecimal digits. */
  digest(): Promise<string>;
  /**
   * Saves it to a folder, from which `openClassifier` opens it again with the same notes. Files are whole or absent.
   *
   * @param notes - Notes in place of its own.
   */
  save(folder: string, notes?: ModelNotes): Promise<void>;
  /** Frees the model's memory. */
  dispose(): void;
}
