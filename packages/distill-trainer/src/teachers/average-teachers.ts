import * as tf from "@tensorflow/tfjs-core";
import { type Checks, LIST, optional, POSITIVE, requireArguments, requireOptions } from "known-options";
import {
  TEACHER,
  type Teacher,
  type TeacherLayers,
  type TeacherOutputs,
  type TeacherViews,
} from "./teacher.ts";

/** A teacher with its say. */
export interface WeightedTeacher {
  readonly teacher: Teacher;
  /** Weight; only proportions count. Default 1. */
  readonly weight?: number;
}

/** Options of {@link averageTeachers}. */
export interface AverageTeachersOptions {
  /** Temperature at which probabilities are averaged, that of the distillation loss. Default 1. */
  readonly temperature?: number;
}

const CHECKS: Checks<WeightedTeacher> = { teacher: TEACHER, weight: optional(POSITIVE) };

/**
 * Joins several teachers into one, whose probabilities are the weighted mean of theirs.
 *
 * Probabilities are averaged, not logits: a teacher with large logits has no larger say, and at the loss's temperature T the gradient of
 * soft distillation is that of the weighted sum of each teacher's own. The logits are `T · log Σ w · softmax(logits / T)`.
 *
 * Inner layers are those of the teachers, named `"<position>.<layer>"`, so hints may come from each; each teacher runs once a
 * batch. Teachers stay the caller's. Their logits must be finite: a row of NaN or infinite ones may be NaN in the mean, which `fit`
 * refuses, naming the row.
 *
 * @param teachers - At least one, of the same classes in the same order.
 * @throws TypeError for an argument of the wrong type. RangeError for an empty list, a weight or temperature that is not positive, or
 * different numbers of classes; from `logits`, if a teacher answers with another shape than `[batch, classes]`.
 * @see Hinton et al. 2015, https://arxiv.org/abs/1503.02531
 *
 * @example
 * const constant = (logits: number[]) => ({ classes: 2, logits: () => tf.tensor2d([logits]) });
 * const both = averageTeachers([
 *   { teacher: constant([0, 0]), weight: 3 },
 *   { teacher: constant([100, 0]) },
 * ]);
 * const logits = await both.logits(tf.zeros([1, 2]));
 * console.log(tf.softmax(logits).dataSync()[0].toFixed(4)); // 0.6250
 */
export function averageTeachers(
  teachers: readonly WeightedTeacher[],
  options: AverageTeachersOptions = {},
): Teacher {
  requireOptions("averageTeachers", options, { temperature: optional(POSITIVE) });
  requireArguments("averageTeachers", { teachers }, { teachers: LIST });
  if (teachers.length === 0) throw new RangeError("averageTeachers: expected at least one teacher, got none");
  teachers.forEach((one, i) => void requireOptions(`averageTeachers: teachers[${i}]`, one, CHECKS));
  const { classes } = teachers[0]!.teacher;
  const other = teachers.findIndex(({ teacher }) => teacher.classes !== classes);
  if (other >= 0) {
    throw new RangeError(
      `averageTeachers: teachers[${other}] must have the ${classes} classes of the first, got ${teachers[other]!.teacher.classes}`,
    );
  }
  const { temperature = 1 } = options;
  const sum = teachers.reduce((total, { weight = 1 }) => total + weight, 0);
  const shares = teachers.map(({ weight = 1 }) => weight / sum);
  const own = teachers.map(({ teacher }) => teacher);

  async function run(
    images: tf.Tensor,
    layers: readonly string[],
    views?: TeacherViews,
  ): Promise<TeacherOutputs> {
    const wanted = layers.map((layer) => placeOf(own, layer));
    const ran: TeacherOutputs[] = [];
    try {
      for (const [i, teacher] of own.entries()) {
        const names = wanted.filter(({ index }) => index === i).map(({ layer }) => layer);
        ran.push(
          names.length > 0
            ? await teacher.layers!.run(images, names, views)
            : { logits: await teacher.logits(images, views), features: [] },
        );
      }
      requireLike(
        ran.map((one) => one.logits),
        images.shape[0],
        classes,
      );
      const logits = meanLogits(
        ran.map((one) => one.logits),
        shares,
        temperature,
      );
      const taken = own.map(() => 0);
      const features = wanted.map(({ index }) => ran[index]!.features[taken[index]!++]!);
      tf.dispose(ran.map((one) => one.logits));
      return { logits, features };
    } catch (error) {
      tf.dispose(ran.flatMap(({ logits, features }) => [logits, ...features]));
      throw error;
    }
  }

  const layers: TeacherLayers = {
    suggested: own.flatMap(({ layers: inner }, i) =>
      (inner?.suggested ?? []).map((layer) => `${i}.${layer}`),
    ),
    shapeOf(name) {
      const { index, layer } = placeOf(own, name);
      return own[index]!.layers!.shapeOf(layer);
    },
    run,
  };
  return {
    classes,
    ...(own.some((teacher) => teacher.layers !== undefined) && { layers }),
    logits: async (images, views) => (await run(images, [], views)).logits,
  };
}

/** @throws RangeError naming the first teacher whose logits are not one row of the classes for each image. */
function requireLike(logits: readonly tf.Tensor[], rows: number | undefined, classes: number): void {
  for (const [i, { shape }] of logits.entries()) {
    if (String(shape) === String([rows, classes])) continue;
    throw new RangeError(
      `averageTeachers: teachers[${i}] must answer with logits of the shape [${rows},${classes}], one row for each image, got [${shape}]`,
    );
  }
}

/** Teacher and layer of `"<position>.<layer>"`. */
function placeOf(teachers: readonly Teacher[], name: string): { index: number; layer: string } {
  const [, position, layer] = /^(\d+)\.(.+)$/s.exec(name) ?? [];
  const index = Number(position);
  if (layer !== undefined && teachers[index]?.layers !== undefined) return { index, layer };
  throw new RangeError(
    `averageTeachers: a layer must be '<position>.<layer>' of one of ${teachers.length} teachers with inner layers, got '${name}'`,
  );
}

function meanLogits(
  logits: readonly tf.Tensor2D[],
  shares: readonly number[],
  temperature: number,
): tf.Tensor2D {
  return tf.tidy(() => {
    const logs = logits.map((one, i) =>
      tf.add(tf.logSoftmax(tf.div(one, temperature)), Math.log(shares[i]!)),
    );
    return tf.mul(tf.logSumExp(tf.stack(logs), 0), temperature) as tf.Tensor2D;
  });
}
