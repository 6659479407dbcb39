import { type Classifier, type ClassifierFeatures, openClassifier } from "open-classifier";
import { placesOf } from "../models/class-names.ts";
import "../models/known-layers.ts";
import { UsageError } from "../process/usage-error.ts";
import type { RunSettings } from "../settings/settings.ts";

/** A pretrained model from disk. */
export interface Backbone {
  readonly classifier: Classifier;
  /** Features of its pictures to train a head on; absent for a classifier of the data's classes. */
  readonly features?: ClassifierFeatures;
}

/**
 * Opens a saved model of any format for a teacher. It is a classifier of the data's classes if it names them all, in any order and among
 * others, or if it names none and has as many outputs. Input and output of the settings are noted in it.
 *
 * @throws Error naming the path if its images are not RGB of one size, or if it has neither the classes nor features of one vector per
 * image. UsageError naming both lists if its classes are others.
 */
export async function loadBackbone(
  path: string,
  classNames: readonly string[],
  { teacherPixels, teacherOutputs }: Pick<RunSettings, "teacherPixels" | "teacherOutputs">,
): Promise<Backbone> {
  const classifier = await openClassifier(path, {
    ...(teacherPixels !== "auto" && { pixels: teacherPixels }),
    ...(teacherOutputs !== "auto" && { outputs: teacherOutputs }),
  });
  try {
    return backboneOf(path, classifier, classNames);
  } catch (error) {
    classifier.dispose();
    throw error;
  }
}

function backboneOf(path: string, classifier: Classifier, classNames: readonly string[]): Backbone {
  const { teacher, classNames: named, backbone } = classifier;
  const missing = named === undefined ? [] : classNames.filter((_, i) => placesOf(classNames, named)[i]! < 0);
  const hasAll = named === undefined ? teacher?.classes === classNames.length : missing.length === 0;
  if (teacher !== undefined && hasAll) return { classifier };
  if (backbone !== undefined) return { classifier, features: backbone() };
  if (teacher !== undefined && named !== undefined) {
    throw new UsageError(
      `${path}: expected a teacher of the data's classes (${classNames.join(", ")}), ` +
        `got one of ${shown(named)}, without ${missing.join(", ")}`,
    );
  }
  throw new Error(
    `${path}: expected a teacher with the data's ${classNames.length} classes, or with a layer 'feature_vector' to learn them from, ` +
      `got ${classifier.found}, and no such layer`,
  );
}

/** Names that an error lists at most. */
const SHOWN = 20;

function shown(names: readonly string[]): string {
  return names.length <= SHOWN
    ? names.join(", ")
    : `${names.slice(0, SHOWN).join(", ")} and ${names.length - SHOWN} more`;
}
