import * as tf from "@tensorflow/tfjs-core";
import type { Teacher } from "./teacher.ts";

/**
 * A teacher of some of another's classes, in another order: its softmax is the other's, given that the class is one of those.
 *
 * @param columns - For each class of the new teacher its index in the other's logits.
 * @throws RangeError if a column is not one of the teacher's, or comes twice.
 *
 * @example
 * const teacher = selectClasses(layersTeacher(model), [2, 0]); // knows birds, cats, dogs; the data: dogs, birds
 */
export function selectClasses(teacher: Teacher, columns: readonly number[]): Teacher {
  const { classes } = teacher;
  const bad = columns.find(
    (column, i) => !(column >= 0 && column < classes) || columns.indexOf(column) !== i,
  );
  if (bad !== undefined || columns.length === 0 || !columns.every(Number.isInteger)) {
    throw new RangeError(
      `selectClasses: columns must be different integers in [0, ${classes}), got [${columns}]`,
    );
  }
  return {
    classes: columns.length,
    get outputs() {
      return teacher.outputs;
    },
    async logits(images, views) {
      const all = await teacher.logits(images, views);
      const some = tf.tidy(() => tf.gather(all, tf.tensor1d([...columns], "int32"), 1));
      all.dispose();
      return some;
    },
  };
}
