import * as tf from "@tensorflow/tfjs-core";
import { firstNonFinite, having, requireArguments } from "known-options";
import { TEACHER, type Teacher } from "../teachers/teacher.ts";
import type { LogitStore } from "./logit-store.ts";

/**
 * Returns a teacher that computes each view's logits once and then reads them from a store.
 *
 * The logits equal the teacher's bit for bit if a row's logits do not depend on the other rows (true on the cpu and wasm
 * backends; not of batch normalization in training mode). A micro-batch with a missing row is computed as a whole.
 *
 * Where several programs train together, each computes the views of its rows, and those in one folder read what others have computed.
 *
 * It pays off if views repeat: fixed augmentation (`viewEpochs` of `image-source`), an evaluation, a second run. Mixed rows
 * (`mixedSource`) differ in every epoch and only fill the store.
 *
 * @param store - Store of this teacher and one kind of views, which its keys do not identify.
 * @throws TypeError for an argument of the wrong type. RangeError if the store has another number of classes. `logits` throws an
 * Error if the data has no `viewKeys`, and errors of the store.
 *
 * @example
 * const store = logitStore("logits", { classes: 5, teacher: await weightsDigest(model), views: source.viewSettings });
 * const distiller = new Distiller({ student, teacher: storedTeacher(layersTeacher(model), store) });
 */
export function storedTeacher(teacher: Teacher, store: LogitStore): Teacher {
  requireArguments(
    "storedTeacher",
    { teacher, store },
    { teacher: TEACHER, store: having("a LogitStore", (it) => typeof it.find === "function") },
  );
  const { classes } = teacher;
  if (store.classes !== classes) {
    throw new RangeError(
      `storedTeacher: the store must be for the teacher's ${classes} classes, got ${store.classes}`,
    );
  }
  return {
    classes,
    async logits(images, views) {
      const keys = views?.viewKeys;
      if (keys === undefined)
        throw new Error("storedTeacher: the data must have viewKeys in its batches, got none");
      const found = await store.find(keys);
      found.forEach((row, i) => void (row && requireLogits(`the store's logits of row ${i}`, row, classes)));
      if (found.every((row) => row !== undefined)) return stacked(found, classes);

      const live = await teacher.logits(images, views);
      try {
        const data = await live.data();
        requireLogits("the teacher's logits", data as Float32Array, keys.length * classes);
        const missing = [...keys.keys()].filter((row) => found[row] === undefined);
        const rows = missing.map((row) => data.subarray(row * classes, (row + 1) * classes) as Float32Array);
        await store.add(
          BigUint64Array.from(missing, (row) => keys[row]!),
          concatenated(rows, classes),
        );
      } catch (error) {
        live.dispose();
        throw error;
      }
      return live;
    },
  };
}

function requireLogits(whose: string, logits: Float32Array, length: number): void {
  if (logits.length !== length) {
    throw new RangeError(`storedTeacher: ${whose} must be ${length} numbers, got ${logits.length}`);
  }
  const bad = firstNonFinite(logits);
  if (bad >= 0)
    throw new Error(`storedTeacher: ${whose} must be finite, got ${logits[bad]} at number ${bad}`);
}

function stacked(rows: readonly Float32Array[], classes: number): tf.Tensor2D {
  return tf.tensor2d(concatenated(rows, classes), [rows.length, classes], "float32");
}

function concatenated(rows: readonly Float32Array[], classes: number): Float32Array {
  const all = new Float32Array(rows.length * classes);
  rows.forEach((row, i) => void all.set(row, i * classes));
  return all;
}
