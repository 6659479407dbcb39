import { type LayeredTeacher, selectClasses } from "distill-trainer";
import type { Classifier } from "open-classifier";
import { areSameNames, placesOf } from "../models/class-names.ts";

/**
 * A classifier as the teacher of `classNames`: its logits, selected and ordered by the names of its classes where it has names.
 *
 * @param classifier - It has all of these classes.
 */
export function teacherOf(
  { teacher, classNames: own }: Classifier,
  classNames: readonly string[],
): LayeredTeacher {
  const known = own ?? classNames;
  return areSameNames(known, classNames) ? teacher! : selectClasses(teacher!, placesOf(classNames, known));
}
