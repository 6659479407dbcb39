import * as tf from "@tensorflow/tfjs-core";
import type { Grid } from "../losses/resize-maps.ts";
import { resizeMaps } from "../losses/resize-maps.ts";
import { requireStatistics, whiten } from "../losses/whiten.ts";
import type { TeacherLayers } from "../teachers/teacher.ts";
import type { Hint } from "./hint-options.ts";
import type { StudentLayer } from "./student-layer.ts";

/**
 * Returns the channels of a teacher's layer for a student's.
 *
 * @throws RangeError if one has places and the other has none, or the channels or the grid are not known.
 */
export function teacherChannels(
  caller: string,
  layers: TeacherLayers,
  hint: Hint,
  student: StudentLayer,
): number {
  const layer = `${caller}: the teacher's layer '${hint.teacher}'`;
  const shape = layers.shapeOf(hint.teacher);
  const isVector = shape.length === 1;
  if (shape.length < 1 || shape.length > 3 || isVector !== (student.grid === undefined)) {
    const kind = student.grid === undefined ? "vectors" : "maps or tokens";
    throw new RangeError(`${layer} must have ${kind} as '${student.name}' has, got ${shown(shape)}`);
  }
  if (shape.length === 2) {
    const { teacherGrid } = hint;
    if (
      teacherGrid === undefined ||
      (shape[0] ?? Number.POSITIVE_INFINITY) < teacherGrid[0] * teacherGrid[1]
    ) {
      const got = teacherGrid === undefined ? "none" : `[${teacherGrid}]`;
      throw new RangeError(
        `${layer} of ${shown(shape)} needs the teacherGrid of its patch tokens, got ${got}`,
      );
    }
  }
  const own = shape.at(-1);
  const channels = own ?? hint.channels;
  if (typeof channels !== "number" || (hint.channels !== undefined && hint.channels !== channels)) {
    throw new RangeError(
      `${layer} has ${own ?? "an unknown number of"} channels, channels is ${hint.channels ?? "not given"}`,
    );
  }
  if (typeof hint.whitening === "object") requireStatistics(`${layer}: whitening`, hint.whitening, channels);
  return channels;
}

function shown(shape: readonly (number | null)[]): string {
  return `[batch,${shape.map((side) => side ?? "any")}]`;
}

/**
 * Whitens a teacher's features and brings them to the student's places.
 *
 * @param features - Output of the teacher's layer. Not disposed.
 * @param grid - Rows and columns of the student's places; absent for vectors.
 * @returns `[batch, places, channels]`; owned by the caller.
 */
export function toTargets(features: tf.Tensor, grid: Grid | undefined, hint: Hint): tf.Tensor3D {
  const { whitening = "layer", teacherGrid } = hint;
  return tf.tidy(() => {
    const channels = features.shape.at(-1)!;
    const white =
      whitening === "none" ? features : whiten(features, whitening === "layer" ? undefined : whitening);
    if (grid === undefined) return tf.reshape(white, [-1, 1, channels]);
    const maps = features.rank === 4 ? white : patchMaps(white as tf.Tensor3D, teacherGrid!);
    return tf.reshape(resizeMaps(maps as tf.Tensor4D, grid), [-1, grid[0] * grid[1], channels]);
  });
}

/** The last tokens as maps. */
function patchMaps(tokens: tf.Tensor3D, [rows, columns]: Grid): tf.Tensor {
  const [batch, count, channels] = tokens.shape;
  const patches = rows * columns;
  const last = tf.slice(tokens, [0, count - patches, 0], [batch, patches, channels]);
  return tf.reshape(last, [batch, rows, columns, channels]);
}
