import type * as tfl from "@tensorflow/tfjs-layers";
import { drawFlower, flowerLabel, TF_FLOWERS_CLASSES } from "flowers-data";
import { loadCheckpointWeights } from "train-loop";
import type {
  Added,
  Look,
  NewPicture,
  Opened,
  PatchEffects,
  Picture,
  Project,
  Role,
  Session,
  Settings,
  TrainingEvent,
} from "../session/types.ts";
import { bringBack } from "./files/bring-back.ts";
import { takeAway } from "./files/take-away.ts";
import { lookAt } from "./look/look.ts";
import { patchEffectsOf } from "./look/patch-effects.ts";
import { type Viewer, viewerOf } from "./look/view.ts";
import { Viewers } from "./look/viewers.ts";
import { modelBytes, restoreModel } from "./models/model-file.ts";
import { buildModel } from "./models/models.ts";
import { hasPublishedWeights } from "./models/published.ts";
import { type Addition, addPictures, type Named } from "./project/add-pictures.ts";
import { Album } from "./project/album.ts";
import { imageData, KEPT_EDGE, type KeptPicture, thumbnailOf } from "./project/kept-picture.ts";
import { pixelsOf } from "./project/pixels-of.ts";
import { DEFAULT_SETTINGS, requireSettings } from "./project/settings.ts";
import { claim, empty, openStores, type Stores } from "./project/stored.ts";
import { type ProjectRecord, readRecord, writeRecord } from "./project/training-record.ts";
import { type Engine, startEngine, type WorkerOptions } from "./start.ts";
import { inPlainWords } from "./training/plain-words.ts";
import { modelFile, projectOf, train } from "./training/trainer.ts";

/** Side of drawn flowers, pixels, and the seed of their drawings. */
const FLOWER = { size: 48, seed: 42 } as const;
/** Everything that is open. */
interface Open {
  readonly album: Album;
  readonly stores: Stores;
  readonly engine: Engine;
}

/** The session of a page: one project. */
export class WebSession implements Session {
  readonly #options: WorkerOptions;
  #open: Open | undefined;
  #record: ProjectRecord = { settings: DEFAULT_SETTINGS };
  readonly #viewers = new Viewers();
  #running: AbortController | undefined;
  /** Resolves when no change is under way: each begins when the one before it has ended, in any way. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  async open(): Promise<Opened> {
    if (!isSecureContext)
      throw new Error(
        "Browsers let pages keep pictures and what was learned at https:// or on localhost only. Open this page at such an address.",
      );
    const { base } = this.#options;
    const [engine, stores] = await Promise.all([startEngine(this.#options), openStores(base)]);
    await claim(stores.project);
    const album = await Album.open(stores.project);
    this.#open = { album, stores, engine };
    const problem = await this.#openTraining().catch((error: Error) => {
      this.#viewers.clear();
      this.#record = { settings: this.#record.settings };
      return `What was learned could not be opened, and is to be learned anew: ${error.message}`;
    });
    const { name, detail } = engine.backend;
    return {
      project: this.#project(),
      backend: { name, detail, workers: engine.workers },
      hasPublishedWeights: await hasPublishedWeights(base),
      storage: stores.kind,
      ...(problem !== undefined && { problem }),
    };
  }

  /** Opens the models that are trained, and the one under way as it was last saved. */
  async #openTraining(): Promise<undefined> {
    const { project, checkpoints } = this.#parts().stores;
    this.#record = (await readRecord(project)) ?? this.#record;
    const { training } = this.#record;
    if (training === undefined) return;
    for (const { role } of training.models) await this.#restore(role);
    const { place, settings, classNames } = training;
    if (place === undefined || (await checkpoints[place.role].list()).length === 0) return;
    const model = buildModel(place.role, settings, classNames.length);
    await loadCheckpointWeights(model, checkpoints[place.role]);
    this.#viewers.set(viewerOf(place.role, settings, classNames, model));
  }

  pictures(): Promise<readonly Picture[]> {
    return Promise.all(this.#parts().album.pictures.map(shown));
  }

  async picture(id: string): Promise<ImageBitmap> {
    const kept = this.#parts().album.pictures.find((picture) => picture.id === id);
    if (kept === undefined) throw new Error("This picture is not in the project any more.");
    return createImageBitmap(imageData(kept.image));
  }

  addClass(name: string): Promise<Project> {
    return this.#change(({ album }) => album.addClass(name));
  }

  renameClass(from: string, to: string): Promise<Project> {
    return this.#change(async ({ album, stores }) => {
      await album.renameClass(from, to);
      const { training } = this.#record;
      // What was learned may have a class of the new name that has been removed: two would be one.
      if (training === undefined || training.classNames.includes(to.trim())) return;
      const classNames = training.classNames.map((name) => (name === from ? to.trim() : name));
      this.#record = { ...this.#record, training: { ...training, classNames } };
      await writeRecord(stores.project, this.#record);
      this.#viewers.rename(classNames);
    });
  }

  removeClass(name: string): Promise<Project> {
    return this.#change(({ album }) => album.removeClass(name));
  }

  removePictures(ids: readonly string[]): Promise<Project> {
    return this.#change(({ album }) => album.remove(ids));
  }

  async addPictures(pictures: readonly NewPicture[], onProgress?: (done: number) => void): Promise<Added> {
    return this.#add(pictures, ({ picture }) => pixelsOf(picture, { shortestEdge: KEPT_EDGE }), onProgress);
  }

  async addDrawnFlowers(count: number, onProgress?: (done: number) => void): Promise<Added> {
    const flowers = Array.from({ length: count }, (_, index) => ({
      ...{ index, name: `flower ${index + 1}`, className: TF_FLOWERS_CLASSES[flowerLabel(index)]! },
    }));
    const draw = async ({ index }: { readonly index: number }) => {
      const { data, width, height } = drawFlower({ ...FLOWER, index });
      return { data: Uint8Array.from(data), width, height };
    };
    return this.#add(flowers, draw, onProgress);
  }

  setSettings(settings: Settings): Promise<Project> {
    requireSettings(settings);
    return this.#change(({ stores }) => {
      this.#record = { ...this.#record, settings };
      return writeRecord(stores.project, this.#record);
    });
  }

  async train(onEvent: (event: TrainingEvent) => void): Promise<Project> {
    this.#requireIdle();
    const { album, stores, engine } = this.#parts();
    const running = new AbortController();
    this.#running = running;
    try {
      await this.#idle; // pictures that are being added take part
      running.signal.throwIfAborted();
      const { settings } = this.#record;
      const classNames = [...album.classNames];
      await train({
        ...{ album, stores, record: this.#record, base: this.#options.base, workers: engine.workers },
        signal: running.signal,
        tell: onEvent,
        onRecord: (record) => {
          this.#record = record;
        },
        onModel: (role, model) => {
          if (role === "teacher" || settings.teaching === "none") this.#viewers.clear();
          this.#viewers.set(viewerOf(role, settings, classNames, model));
        },
        teacher: async () => {
          const figures = this.#record.training!.models.find(({ role }) => role === "teacher")!;
          const bytes = await stores.project.read(modelFile("teacher"));
          return { figures, bytes, model: (await this.#restore("teacher")).model };
        },
      });
    } catch (error) {
      if (error !== running.signal.reason) throw inPlainWords(error); // it may have failed to save
    } finally {
      this.#running = undefined;
    }
    return this.#project();
  }

  async stop(): Promise<void> {
    this.#running?.abort(new Error("stopped"));
  }

  forgetTraining(): Promise<Project> {
    return this.#change(() => this.#forgetTraining());
  }

  clear(): Promise<Project> {
    return this.#change(async ({ album }) => {
      await this.#forgetTraining();
      await album.clear();
    });
  }

  async look(picture: Blob | ImageBitmap): Promise<Look> {
    const image = await pixelsOf(picture);
    const student = this.#viewers.get("student");
    const teacher = this.#viewers.get("teacher");
    const viewers = [student, teacher].filter((one) => one !== undefined);
    if (viewers.length === 0) throw new Error("There is no model yet: teach it first.");
    return this.#viewers.use(viewers, () => lookAt(image, viewers));
  }

  async patchEffects(
    picture: Blob | ImageBitmap,
    onProgress?: (done: number, of: number) => void,
  ): Promise<PatchEffects> {
    const image = await pixelsOf(picture);
    const student = this.#viewers.get("student");
    if (student === undefined) throw new Error("There is no student yet: teach it first.");
    return this.#viewers.use([student], () => patchEffectsOf(image, student, onProgress));
  }

  takeAway(): Promise<Blob> {
    return this.#inTurn(() => this.#takeAway());
  }

  async #takeAway(): Promise<Blob> {
    const student = this.#viewers.get("student");
    const { training } = this.#record;
    if (student === undefined || training === undefined || training.place !== undefined)
      throw new Error("There is no trained student yet: teach it to the end first.");
    const { settings, models, curves } = training;
    const { classNames, model } = student;
    return takeAway(model, { format: "deit-web", version: 1, classNames, settings, models, curves });
  }

  bringBack(file: Blob): Promise<Project> {
    return this.#change(async ({ album, stores }) => {
      const { file: found, student } = await bringBack(file);
      const { classNames, settings, models, curves } = found;
      const bytes = await modelBytes(student); // what could fail comes before anything is forgotten
      await this.#forgetTraining();
      if (album.pictures.length === 0) await album.setClasses(classNames);
      await stores.project.write(modelFile("student"), bytes);
      const own = models.filter(({ role }) => role === "student");
      const training = { settings, classNames, pictures: "", curves, models: own };
      this.#record = { settings, training };
      await writeRecord(stores.project, this.#record);
      this.#viewers.set(viewerOf("student", settings, classNames, student));
    });
  }

  #parts(): Open {
    if (this.#open === undefined) throw new Error("session: expected open() first");
    return this.#open;
  }

  #project(): Project {
    return projectOf(this.#parts().album, this.#record);
  }

  #requireIdle(): void {
    if (this.#running !== undefined) throw new Error("A training is running: stop it first.");
  }

  #change(work: (open: Open) => Promise<void>): Promise<Project> {
    return this.#inTurn(async () => {
      await work(this.#parts());
      return this.#project();
    });
  }

  /** Works when the changes before have ended, and before a training that is asked for later. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#requireIdle();
    const turn = this.#idle.then(work);
    this.#idle = turn.catch(() => {}); // its caller's
    return turn;
  }

  #add<T extends Named>(...[items, imageOf, onProgress]: Addition<T>): Promise<Added> {
    return this.#inTurn(async () => {
      const { album } = this.#parts();
      const { added, refused } = await addPictures(album, items, imageOf, onProgress);
      return { project: this.#project(), pictures: await Promise.all(added.map(shown)), refused };
    });
  }

  /** Reads a trained model from its file. */
  async #restore(role: Role): Promise<Viewer> {
    const { settings, classNames } = this.#record.training!;
    const model: tfl.LayersModel = buildModel(role, settings, classNames.length);
    await restoreModel(model, await this.#parts().stores.project.read(modelFile(role)));
    const viewer = viewerOf(role, settings, classNames, model);
    this.#viewers.set(viewer);
    return viewer;
  }

  async #forgetTraining(): Promise<void> {
    const { stores } = this.#parts();
    this.#record = { settings: this.#record.settings };
    await writeRecord(stores.project, this.#record);
    this.#viewers.clear();
    await Promise.all(Object.values(stores.checkpoints).map(empty));
    for (const role of ["teacher", "student"] as const) await stores.project.remove(modelFile(role));
  }
}

async function shown(picture: KeptPicture): Promise<Picture> {
  const { id, className, image } = picture;
  return { id, className, thumbnail: await thumbnailOf(image) };
}
