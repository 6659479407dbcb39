import type * as tfl from "@tensorflow/tfjs-layers";
import { type LayeredTeacher, selectClasses } from "distill-trainer";
import { areSameNames, placesOf } from "../models/class-names.ts";
import { answersOf, notesOf } from "../models/notes.ts";

/**
 * A model as the teacher of `classNames`: its logits, selected and ordered by the names of its classes where it has names.
 */
export function teacherOf(model: tfl.LayersModel, classNames: readonly string[]): LayeredTeacher {
  const known = notesOf(model).classNames ?? classNames;
  const answers = answersOf(model);
  return areSameNames(known, classNames) ? answers : selectClasses(answers, placesOf(classNames, known));
}
