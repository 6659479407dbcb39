/** Size and timing of a step, from the logs of `onBatchEnd`. */
export interface StepFigures {
  /** Samples of the batch. */
  readonly size: number;
  /** Samples with a label, of which accuracy is; absent where all have one. */
  readonly labeled?: number;
  /** Seconds spent waiting for the batch. */
  readonly waitSeconds: number;
  /** Seconds of computation after that. */
  readonly computeSeconds: number;
}

/**
 * Throughput of a training, from the timing of its steps. Validation, checkpoints and callbacks do not count.
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

  /** Adds a step. */
  add({ size, waitSeconds, computeSeconds }: StepFigures): void {
    this.#steps += 1;
    this.#images += size;
    this.#waiting += waitSeconds;
    this.#computing += computeSeconds;
  }

  /** Number of steps. */
  get steps(): number {
    return this.#steps;
  }

  /** Images per second; 0 before the first step. */
  get imagesPerSecond(): number {
    return share(this.#images, this.#waiting + this.#computing);
  }

  /** Share of time spent waiting for data, in [0, 1]. */
  get waitingShare(): number {
    return share(this.#waiting, this.#waiting + this.#computing);
  }

  /**
   * Estimates the seconds for further steps; `undefined` before the first step.
   *
   * @param elapsedSeconds - Seconds since the training began, validation and checkpoints included.
   */
  secondsFor(steps: number, elapsedSeconds: number): number | undefined {
    return this.#steps === 0 ? undefined : (elapsedSeconds / this.#steps) * steps;
  }
}

function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
