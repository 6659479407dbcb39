import * as tf from "@tensorflow/tfjs-core";
import { LIST, requireArguments } from "known-options";
import { type LayeredTeacher, TEACHER, type Teacher, type TeacherViews } from "./teacher.ts";

/**
 * Returns a teacher of a subset of another's classes, in any order: its softmax is conditional on that subset.
 *
 * @param columns - Index in the other teacher's logits of each class.
 * @throws RangeError if a column is not one of the teacher's, or comes twice.
 *
 * @example
 * const teacher = selectClasses(layersTeacher(model), [2, 0]); // from [birds, cats, dogs] to [dogs, birds]
 */
export function selectClasses(teacher: LayeredTeacher, columns: readonly number[]): LayeredTeacher;
export function selectClasses(teacher: Teacher, columns: readonly number[]): Teacher;
export function selectClasses(teacher: Teacher, columns: readonly number[]): Teacher {
  requireArguments("selectClasses", { teacher, columns }, { teacher: TEACHER, columns: LIST });
  const { classes } = teacher;
  const bad = columns.find(
    (column, i) => !(column >= 0 && column < classes) || columns.indexOf(column) !== i,
  );
  if (bad !== undefined || columns.length === 0 || !columns.every(Number.isInteger)) {
    throw new RangeError(
      `selectClasses: columns must be different integers in [0, ${classes}), got [${columns}]`,
    );
  }
  const select = (all: tf.Tensor2D): tf.Tensor2D => {
    const some = tf.tidy(() => tf.gather(all, tf.tensor1d([...columns], "int32"), 1));
    all.dispose();
    return some;
  };
  return {
    classes: columns.length,
    get outputs() {
      return teacher.outputs;
    },
    get layers() {
      const { layers } = teacher;
      if (layers === undefined) return undefined;
      return {
        ...layers,
        async run(images: tf.Tensor, names: readonly string[], views?: TeacherViews) {
          const { logits, features } = await layers.run(images, names, views);
          return { logits: select(logits), features };
        },
      };
    },
    logits: async (images, views) => select(await teacher.logits(images, views)),
  };
}
