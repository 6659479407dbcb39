/** A model's place in the distillation. */
export type Role = "teacher" | "student";

/** What the student starts from: nothing, or DeiT-Ti's weights beside the page. */
export type Start = "nothing" | "published";

/** What the student learns from, besides the labels: nothing, the teacher's answers, or its features. */
export type Teaching = "none" | "answers" | "features";

/** Settings of a training that people choose. */
export interface Settings {
  readonly start: Start;
  readonly teaching: Teaching;
  /** Side of the pictures that the models see, pixels: a multiple of 16. */
  readonly imageSize: number;
  /** Epochs of the student. */
  readonly epochs: number;
  /** Epochs of the teacher, if there is one. */
  readonly teacherEpochs: number;
  readonly seed: number;
}

/** A class and how many pictures it has. */
export interface ClassOfProject {
  readonly name: string;
  readonly count: number;
}

/** A point of the curves. */
export interface StepPoint {
  readonly role: Role;
  /** Optimizer steps of this model so far. */
  readonly step: number;
  readonly loss: number;
  /** Share of the batch's pictures that are classified right, in [0, 1]. */
  readonly accuracy: number;
}

/** A point of the curves at the end of an epoch, over all training pictures and all held-out ones. */
export interface EpochPoint {
  readonly role: Role;
  /** Epochs of this model so far. */
  readonly epoch: number;
  /** Optimizer steps of this model so far. */
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number;
  /** Absent if no pictures are held out. */
  readonly heldOutAccuracy?: number;
  readonly heldOutLoss?: number;
}

/** A training's curves. */
export interface Curves {
  readonly steps: readonly StepPoint[];
  readonly epochs: readonly EpochPoint[];
}

/** A trained model in figures. */
export interface ModelFigures {
  readonly role: Role;
  readonly params: number;
  /** Held-out pictures that it classifies right, and their number; 0 of 0 if none are held out. */
  readonly right: number;
  readonly of: number;
}

/** State of the training that a project has. */
export type TrainingState =
  | { readonly kind: "none" }
  /** Stopped, or the tab was closed: `train` goes on. `step` of `steps` are those of the model `role`. */
  | {
      readonly kind: "unfinished";
      readonly role: Role;
      readonly step: number;
      readonly steps: number;
      readonly curves: Curves;
    }
  | { readonly kind: "done"; readonly models: readonly ModelFigures[]; readonly curves: Curves };

/** Everything that is kept when the tab is closed. */
export interface Project {
  readonly classes: readonly ClassOfProject[];
  readonly settings: Settings;
  readonly training: TrainingState;
}

/** What the page learns when it opens. */
export interface Opened {
  readonly project: Project;
  /** Backend of tfjs, such as `webgpu`, what runs it, and the number of Workers that train. */
  readonly backend: { readonly name: string; readonly detail: string; readonly workers: number };
  /** Whether DeiT-Ti's weights lie beside the page. */
  readonly hasPublishedWeights: boolean;
  /** Where the project is kept: the browser's file system, IndexedDB, or nowhere (a private window). */
  readonly storage: "opfs" | "indexeddb" | "none";
  /** What of the project could not be opened, if anything, for people to read. */
  readonly problem?: string;
}

/** A picture of the project. */
export interface Picture {
  readonly id: string;
  readonly className: string;
  /** Small version for showing, at most 96 pixels wide and high; the receiver closes it. */
  readonly thumbnail: ImageBitmap;
}

/** Result of adding pictures. */
export interface Added {
  readonly project: Project;
  readonly pictures: readonly Picture[];
  /** Files that are no pictures, or that are there already. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

/** A picture to add. */
export interface NewPicture {
  readonly className: string;
  /** Name for messages, such as that of the file. */
  readonly name: string;
  readonly picture: Blob | ImageBitmap;
}

/** What happens in a training. */
export type TrainingEvent =
  /** A model's training begins, or goes on after `step` of `steps`; `curves` are those so far, of both models. */
  | {
      readonly kind: "begin";
      readonly role: Role;
      readonly step: number;
      readonly steps: number;
      readonly epochs: number;
      readonly curves: Curves;
    }
  | {
      readonly kind: "step";
      readonly point: StepPoint;
      readonly imagesPerSecond: number;
      /** Of this model's training. */
      readonly secondsLeft: number;
    }
  | { readonly kind: "epoch"; readonly point: EpochPoint }
  /** The training would go on from here. */
  | { readonly kind: "saved"; readonly role: Role; readonly step: number }
  /** Something that people should know, such as that the browser has no room for checkpoints. */
  | { readonly kind: "note"; readonly text: string };

/** A model's answer for a picture. */
export interface Answer {
  readonly role: Role;
  /** Share of each class, in the order of {@link Look.classNames}; they sum to 1. */
  readonly shares: readonly number[];
}

/** What the models see in a picture. */
export interface Look {
  /** Classes that the models were trained on. */
  readonly classNames: readonly string[];
  /** The student's first, then the teacher's if there is one. */
  readonly answers: readonly Answer[];
  /** The picture as the models see it. */
  readonly image: ImageData;
  /** Rows and columns of patches; 0 of 0 while there is only a teacher, which has none. */
  readonly grid: readonly [rows: number, columns: number];
  /**
   * Attention of the class token through the blocks up to each one (attention rollout), row after row, sums to 1 at most: `rollout[b][row *
   * columns + column]`.
   */
  readonly rollout: readonly Float32Array[];
}

/** How much a class's share falls when a patch is covered. */
export interface PatchEffects {
  /** The class that the student finds. */
  readonly className: string;
  readonly grid: readonly [rows: number, columns: number];
  /** Share with all patches minus the share without this one, row after row. */
  readonly falls: Float32Array;
}

/** What the page asks of the Worker that keeps the pictures and trains. Errors are for people to read. */
export interface Session {
  /** Starts the backend and opens the project that the browser keeps. Called first, once. */
  open(): Promise<Opened>;
  /** The pictures of the project. */
  pictures(): Promise<readonly Picture[]>;
  /** A picture of the project in the size that it is kept in. @throws Error if it is not there. */
  picture(id: string): Promise<ImageBitmap>;
  addClass(name: string): Promise<Project>;
  renameClass(from: string, to: string): Promise<Project>;
  /** Removes a class with its pictures. */
  removeClass(name: string): Promise<Project>;
  /** Adds pictures; their classes are made where they do not exist. `onProgress` gets the number done so far. */
  addPictures(pictures: readonly NewPicture[], onProgress?: (done: number) => void): Promise<Added>;
  /** Draws flowers of five classes and adds them. */
  addDrawnFlowers(count: number, onProgress?: (done: number) => void): Promise<Added>;
  removePictures(ids: readonly string[]): Promise<Project>;
  setSettings(settings: Settings): Promise<Project>;
  /**
   * Trains, or goes on with an unfinished training; resolves when it is done or stopped.
   *
   * @throws Error if there are fewer than two classes or pictures of one, or the training fails.
   */
  train(onEvent: (event: TrainingEvent) => void): Promise<Project>;
  /** Stops the training after its step, saved. */
  stop(): Promise<void>;
  /** Forgets the training; pictures and settings stay. */
  forgetTraining(): Promise<Project>;
  /** Forgets everything. */
  clear(): Promise<Project>;
  /** Classifies a picture by the models trained so far, also while they train. @throws Error if there is none. */
  look(picture: Blob | ImageBitmap): Promise<Look>;
  /** Finds which patches of a picture decide, by covering one after the other. `onProgress` gets how many are covered of all. */
  patchEffects(
    picture: Blob | ImageBitmap,
    onProgress?: (done: number, of: number) => void,
  ): Promise<PatchEffects>;
  /** The student for other programs, with the settings, as a zip file. @throws Error if there is no student. */
  takeAway(): Promise<Blob>;
  /** Opens such a file: its classes, settings and student. Pictures are not in it. @throws Error naming what is missing. */
  bringBack(file: Blob): Promise<Project>;
}
