import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type Check, having, requireOptions } from "known-options";
import type { CapturedForward } from "train-loop";
import { type FeatureLoss, featureLoss } from "../losses/feature-loss.ts";
import { layersOfModel, type ModelLayers } from "../models/layers-of-model.ts";
import type { LayeredTeacher } from "../teachers/teacher.ts";
import { type FeatureHintsOptions, HINT_CHECKS, HINTS_CHECKS, type Hint } from "./hint-options.ts";
import { type StudentLayer, studentLayer } from "./student-layer.ts";
import { teacherChannels, toTargets } from "./teacher-targets.ts";

/** A checked pair with its projection. */
interface Pair {
  readonly hint: Hint;
  readonly student: StudentLayer;
  readonly channels: number;
  readonly weight: number;
  readonly loss: FeatureLoss;
  /** Kernel `[student's channels, channels]` and bias; absent if the features are compared as they are. */
  readonly projection?: readonly [kernel: tf.Variable, bias: tf.Variable];
}

/** Outputs of a student, and of its layers that learn from hints. */
export interface HintedOutputs {
  readonly outputs: readonly tf.Tensor[];
  readonly features: readonly tf.Tensor[];
}

/**
 * Feature distillation: hints from a teacher's inner layers to a student's, given to a task beside its own loss, to which they add
 * `Σ weight · loss(teacher's features, projection(student's features))`.
 *
 * A student's maps, or patch tokens without class tokens, are projected linearly to the teacher's channels. The teacher's features
 * are whitened and resized bilinearly to the student's grid. The projections are trained with the student: they are part of
 * checkpoints and replicas, not of the student, its saved files and its moving average.
 *
 * `dispose` frees the projections; student and teacher stay the caller's.
 *
 * @throws TypeError for an unknown option. RangeError for a teacher without inner layers (stored logits, a SavedModel), or a layer that
 * does not exist or does not fit: a student's layer must have its patch tokens, which the last block of a ViT drops.
 * @see Romero et al. 2015, https://arxiv.org/abs/1412.6550; Li et al. 2022, https://arxiv.org/abs/2207.10026
 *
 * @example
 * import { deit } from "deit-model";
 * import { AdamW } from "tfjs-optim";
 * import { fit } from "train-loop";
 *
 * const cnn = tfl.sequential();
 * cnn.add(tfl.layers.conv2d({ filters: 8, kernelSize: 3, strides: 4, inputShape: [8, 8, 3], name: "map" }));
 * cnn.add(tfl.layers.globalAveragePooling2d({}));
 * cnn.add(tfl.layers.dense({ units: 5 }));
 * const teacher = layersTeacher(cnn);
 * const student = deit({ imageSize: 8, patchSize: 4, dim: 6, depth: 2, heads: 3, classes: 5 });
 * const hints = new FeatureHints({ student, teacher, pairs: [{ teacher: "map", student: "blocks.0" }] });
 * const task = tokenDistillation({ student, teacher, hints });
 * await fit(task, new AdamW({ learningRate: 1e-3 }), train, { epochs: 2 });
 * hints.dispose();
 */
export class FeatureHints {
  readonly student: tfl.LayersModel;
  readonly teacher: LayeredTeacher;
  /** The projections' kernels and biases, in the order of the pairs. */
  readonly variables: readonly tf.Variable[];
  /** The options as plain data, to be equal on resume and in replicas. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly #pairs: readonly Pair[];
  readonly #layers: ModelLayers;
  readonly #schedule: "constant" | "cosine";
  readonly #steps: number;

  constructor(options: FeatureHintsOptions) {
    requireOptions("FeatureHints", options, HINTS_CHECKS);
    const { student, teacher, schedule = "constant", steps, studentGrid, seed = 0 } = options;
    const pairs = options.pairs ?? suggestedPairs(teacher);
    if (pairs.length === 0) {
      throw new RangeError("FeatureHints: pairs must be a list of at least one pair, got none");
    }
    if (schedule === "cosine" && steps === undefined) {
      throw new RangeError("FeatureHints: a cosine needs the steps at which it reaches 0, got none");
    }
    const checked = pairs.map((hint: Hint, i) => {
      const caller = `FeatureHints: pairs[${i}]`;
      requireOptions(caller, hint, HINT_CHECKS);
      const layer = studentLayer(caller, student, hint.student, studentGrid);
      const channels = teacherChannels(caller, teacher.layers, hint, layer);
      if (hint.projects === false && channels !== layer.channels) {
        throw new RangeError(
          `${caller}: without a projection both layers must have as many channels, got ${channels} of '${hint.teacher}' and ${layer.channels} of '${layer.name}'`,
        );
      }
      const { weight = 2.5, loss = "mse" } = hint;
      return { hint, student: layer, channels, weight, loss };
    });
    this.student = student;
    this.teacher = teacher;
    this.settings = { pairs: checked.map(describePair), schedule, ...(steps !== undefined && { steps }) };
    this.#schedule = schedule;
    this.#steps = steps ?? Number.POSITIVE_INFINITY;
    this.#layers = layersOfModel("FeatureHints: the student", student);
    this.#pairs = checked.map((pair, i) =>
      pair.hint.projects === false ? pair : { ...pair, projection: projectionOf(pair, i, seed + i) },
    );
    this.variables = this.#pairs.flatMap(({ projection = [] }) => [...projection]);
  }

  /** Factor of all weights at the step with this index, in [0, 1]; at 0 the teacher's features are not needed. */
  factorAt(step: number): number {
    if (step >= this.#steps) return 0;
    return this.#schedule === "cosine" ? (1 + Math.cos((Math.PI * step) / this.#steps)) / 2 : 1;
  }

  /**
   * Weights of the pairs at the step with this index, if they follow a schedule.
   *
   * @returns `[pairs]`, owned by the caller; `undefined` for weights that stay.
   */
  weightsAt(step: number): tf.Tensor1D | undefined {
    if (this.#schedule === "constant") return undefined;
    return tf.tensor1d(this.#pairs.map(({ weight }) => weight * this.factorAt(step)));
  }

  /** Runs the student and returns its outputs and its layers' with hints, of one pass. */
  apply(inputs: tf.Tensor, kwargs: object): HintedOutputs {
    const names = this.#pairs.map(({ student }) => student.name);
    const all = this.#layers.apply(inputs, names, kwargs);
    const own = this.student.outputs.length;
    return { outputs: all.slice(0, own), features: all.slice(own) };
  }

  /**
   * Runs the teacher, once for logits and features.
   *
   * @param images - The teacher's, 0…255. Not disposed.
   * @param forward - What runs the teacher's model captured. Default: it runs as it is.
   * @returns Logits, and as `targets` a tensor `[batch, places, channels]` for each pair; owned by the caller.
   */
  async teach(
    images: tf.Tensor,
    forward?: CapturedForward,
  ): Promise<{ logits: tf.Tensor2D; targets: tf.Tensor3D[] }> {
    const names = [...new Set(this.#pairs.map(({ hint }) => hint.teacher))];
    const { logits, features } = await this.teacher.layers.run(images, names, forward && { forward });
    try {
      const targets = this.#pairs.map(({ hint, student }) =>
        toTargets(features[names.indexOf(hint.teacher)]!, student.grid, hint),
      );
      return { logits, targets };
    } finally {
      tf.dispose([...features]);
    }
  }

  /** Targets of zeros, to measure memory. */
  exampleTargets(rows: number): tf.Tensor3D[] {
    return this.#pairs.map(({ student: { grid = [1, 1] }, channels }) =>
      tf.zeros([rows, grid[0] * grid[1], channels]),
    );
  }

  /**
   * Computes the term that is added to the loss.
   *
   * @param targets - Of {@link teach}. Not disposed.
   * @param features - Of {@link apply}. Not disposed.
   * @param weights - Of {@link weightsAt}. Not disposed. Default: those of the pairs.
   * @returns A scalar, the mean over the batch; owned by the caller.
   */
  loss(targets: readonly tf.Tensor[], features: readonly tf.Tensor[], weights?: tf.Tensor1D): tf.Scalar {
    return tf.tidy(() => {
      const given = weights && (tf.unstack(weights) as tf.Scalar[]);
      const losses = this.#pairs.map((pair, i) => {
        const each = featureLoss(pair.loss, targets[i]!, projected(features[i]!, pair));
        return tf.mul(tf.mean(each), given?.[i] ?? pair.weight) as tf.Scalar;
      });
      return losses.length === 1 ? losses[0]! : (tf.addN(losses) as tf.Scalar);
    });
  }

  /** Frees the projections. */
  dispose(): void {
    tf.dispose([...this.variables]);
  }
}

/** A {@link FeatureHints}. */
export const FEATURE_HINTS: Check = having("a FeatureHints", (it) => it instanceof FeatureHints);

/** Throws a RangeError if hints are for another student. */
export function requireHints(
  caller: string,
  hints: FeatureHints | undefined,
  student: tfl.LayersModel,
): void {
  if (hints === undefined || hints.student === student) return;
  throw new RangeError(
    `${caller}: the hints must be for the task's model '${student.name}', got those for '${hints.student.name}'`,
  );
}

function suggestedPairs({ layers }: LayeredTeacher): readonly Hint[] {
  const { suggested = [] } = layers;
  if (suggested.length > 0) return suggested.map((teacher) => ({ teacher }));
  throw new RangeError("FeatureHints: pairs must name layers of this teacher, which suggests none; got none");
}

function projectionOf(
  { student, channels }: Omit<Pair, "projection">,
  index: number,
  seed: number,
): [tf.Variable, tf.Variable] {
  const layer = tfl.layers.dense({
    ...{ units: channels, name: `hint.${index}` },
    kernelInitializer: tfl.initializers.glorotUniform({ seed }),
  });
  layer.build([null, student.channels]);
  return layer.trainableWeights.map((weight) => weight.read() as tf.Variable) as [tf.Variable, tf.Variable];
}

/** Returns the student's features as `[batch, places, channels]`, projected. */
function projected(features: tf.Tensor, { student, projection }: Pair): tf.Tensor3D {
  const { grid = [1, 1], prefixTokens, channels: own } = student;
  const [batch, places] = [features.shape[0]!, grid[0] * grid[1]];
  const patches =
    prefixTokens === 0
      ? features
      : tf.slice(features as tf.Tensor3D, [0, prefixTokens, 0], [batch, places, own]);
  if (projection === undefined) return tf.reshape(patches, [batch, places, own]);
  const [kernel, bias] = projection;
  const rows = tf.reshape(patches, [batch * places, own]) as tf.Tensor2D;
  const sums = tf.add(tf.matMul(rows, kernel as tf.Tensor as tf.Tensor2D), bias);
  return tf.reshape(sums, [batch, places, kernel.shape[1]!]);
}

function describePair({ hint, student, channels, weight, loss }: Omit<Pair, "projection">): object {
  const { whitening = "layer", projects = true, teacherGrid } = hint;
  const sum = (values: readonly number[]) => values.reduce((total, x) => total + x, 0);
  const how =
    typeof whitening === "string"
      ? whitening
      : { meanSum: sum(whitening.mean), varianceSum: sum(whitening.variance) };
  return {
    ...{ teacher: hint.teacher, student: student.name, channels, weight, loss, whitening: how, projects },
    ...(teacherGrid && { teacherGrid }),
    ...(student.grid && { grid: student.grid }),
  };
}
