/** A step's figures, as `onBatchEnd` gets them. */
export interface StepFigures {
  /** Samples of the batch. */
  readonly size: number;
  /** Seconds that the batch was waited for. */
  readonly waitSeconds: number;
  /** Seconds that the step took after that. */
  readonly computeSeconds: number;
}

/**
 * Running figures of a training, from those of its steps. Validation, checkpoints and callbacks are not in them.
 *
 * @example
 * const meter = new RunMeter();
 * const onBatchEnd = (_: number, logs: StepFigures) => {
 *   meter.add(logs);
 *   console.log(`${meter.imagesPerSecond} images/s, ${100 * meter.waitingShare}% of it waiting for data`);
 * };
 */
export class RunMeter {
  #steps = 0;
  #images = 0;
  #waiting = 0;
  #computing = 0;

  add({ size, waitSeconds, computeSeconds }: StepFigures): void {
    this.#steps += 1;
    this.#images += size;
    this.#waiting += waitSeconds;
    this.#computing += computeSeconds;
  }

  get steps(): number {
    return this.#steps;
  }

  /** 0 before the first step. */
  get imagesPerSecond(): number {
    return share(this.#images, this.#waiting + this.#computing);
  }

  /** Share of the steps' time that was spent waiting for data, in [0, 1]. */
  get waitingShare(): number {
    return share(this.#waiting, this.#waiting + this.#computing);
  }

  /**
   * Seconds that some steps more will take, at the pace so far; `undefined` before the first step.
   *
   * @param elapsedSeconds - Since the training began, with all that is not in the steps' figures.
   */
  secondsFor(steps: number, elapsedSeconds: number): number | undefined {
    return this.#steps === 0 ? undefined : (elapsedSeconds / this.#steps) * steps;
  }
}

function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
