import * as tf from "@tensorflow/tfjs-core";
import { firstNonFinite } from "known-options";
import type { Teacher } from "../teachers/teacher.ts";
import type { LogitStore } from "./logit-store.ts";

/**
 * A teacher that is asked once for each view: its logits are kept in a store, and read from it when the view comes again.
 *
 * What it answers is what the teacher itself would, bit for bit, as long as the teacher's answer about a row does not depend on
 * the rows beside it (true of the cpu and wasm backends; not of batch normalization that is left training). A micro-batch of which
 * one row is missing is asked for as a whole.
 *
 * Worth it where views come again: fixed augmentation (`viewEpochs` of `flowers-data`), an evaluation, a second run. Mixed rows
 * (`mixedSource`) are new in every epoch, and only fill the store.
 *
 * @param store - Of this teacher and of views made in one way: its keys say nothing of either.
 * @throws RangeError if the store is for another number of classes. `logits` throws Error if the data has no `viewKeys`, and
 * what the store throws.
 *
 * @example
 * const store = logitStore("logits", { classes: 5, teacher: await weightsDigest(model), views: source.viewSettings });
 * const distiller = new Distiller({ student, teacher: storedTeacher(layersTeacher(model), store) });
 */
export function storedTeacher(teacher: Teacher, store: LogitStore): Teacher {
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
