import { DEIT_RECIPE, FINETUNE_RECIPE, IMAGENET_NORMALIZATION } from "distill-trainer";
import { DEIT3_AUGMENTATION } from "vision-augment";
import {
  classWeightsOf,
  hintsOf,
  imageSizeOf,
  seedsOf,
  typedHints,
  typedSize,
  typedWeights,
} from "./typed-values.ts";

/** One option of the command line: the place of its value in settings and configuration files, and its help. */
export interface Option {
  /** Path in the settings; `use.…` where it is a command's own. */
  readonly path: string;
  readonly help: string;
  /** A number unless said otherwise; a `switch` has no value. */
  readonly kind?: "text" | "switch";
  /** Values by the names that the command line has for them. */
  readonly choices?: Readonly<Record<string, unknown>>;
  /** Value for what is typed. Default: what is typed. */
  readonly value?: (typed: unknown) => unknown;
  /** The inverse of `value`: what one would type for a value in the settings. Default: the value, or its choice. */
  readonly typed?: (value: unknown) => string;
  /** Other values that follow from what is typed, by path. */
  readonly also?: (typed: unknown) => Readonly<Record<string, unknown>>;
}

type More = Pick<Option, "value" | "typed" | "also">;

const number = (path: string, help: string, more: More = {}): Option => ({ path, help, ...more });
const text = (path: string, help: string, more: More = {}): Option => ({ path, help, kind: "text", ...more });

/** Values that follow from the optimizer of a recipe, by path: only AdamW is one of several libraries'. */
export function besideOptimizer(optimizer: unknown): Readonly<Record<string, unknown>> {
  return optimizer === "adamw" ? {} : { "recipe.adamW": undefined, "recipe.decays": "matrices" };
}
const flag = (path: string, help: string): Option => ({ path, help, kind: "switch" });
const choice = (path: string, help: string, choices: Readonly<Record<string, unknown>>): Option => ({
  path,
  help,
  choices,
});
/** A number that leaves the value out. */
const none = (number: number): More => ({
  value: (typed) => (typed === number ? undefined : typed),
  typed: (value) => String(value ?? number),
});

/** All options by name, in the order in which they take effect. */
const OPTIONS = {
  preset: text(
    "run.preset",
    "Named starting point, of which --help has a list. Default: demo; photos with --data or --download",
  ),
  name: text("run.name", "Name of the run's folder. Default: preset and time"),
  out: text("run.out", "Folder of all runs"),
  backend: text("run.backend", "auto, tensorflow, webgpu, wasm or cpu"),
  precision: text(
    "run.precision",
    "What matrix products are computed in: float32, or mixed_float16 (operands in half precision), which needs WebGPU and a GPU with shader-f16. Default: float32, also for models that were trained in the other",
  ),
  seed: number(
    "run.seed",
    "Seed of order, crops, initial weights and stochastic depth, of teacher and students, and of drawn pictures; never of the split",
  ),
  seeds: text(
    "run.seeds",
    "The same run for several seeds, compared in one table: a number of seeds from --seed on, or a list such as 42,1,2. The teacher is trained for each too; the pictures are the same",
    { value: seedsOf },
  ),
  keepBest: flag(
    "run.keepBest",
    "Save the students of their best epoch by accuracy on the held-out pictures (ties: the earliest), not of the last",
  ),
  patience: number(
    "run.patience",
    "Epochs without a better accuracy on the held-out pictures after which a student's training stops. Default: none",
  ),
  data: text(
    "data.path",
    "Folder or .tgz of photos: one folder per class, or train/ and val/ with them, or labels in a file",
  ),
  labelsFile: text(
    "data.labelsFile",
    "CSV or JSON lines: path, label (or labels), split. Default: metadata.csv or labels.csv in --data; off: none",
    { value: (typed) => (typed === "off" ? false : typed) },
  ),
  nestedClasses: flag(
    "data.nestedClasses",
    "Each folder with photos of its own is a class, such as animals/cats. Default: those at the top are",
  ),
  valData: text("data.valData", "Folder or archive of the held-out photos, of the same classes"),
  valSplit: number(
    "data.valSplit",
    "Share of the photos that is held out, of each class. Default: 0.1, or what the data says",
  ),
  download: flag("data.download", "Use the real photos of tf_flowers, downloaded once (229 MB)"),
  cache: text("data.cache", "Folder of the download. Default: the platform's cache folder"),
  count: number("data.count", "Number of drawn flowers, where no photos are given; a tenth is held out"),
  heldOut: number(
    "data.heldOut",
    "Number of drawn flowers that are held out, if more than a tenth: the others are drawn for the end",
  ),
  dataSeed: number("data.seed", "Seed of drawn pictures. Default: --seed"),
  folds: number(
    "data.folds",
    "Cross-validation: that many trainings, each of which holds out another part of the training pictures, compared in one table",
  ),
  imageSize: text(
    "model.imageSize",
    "Image size of the students, and of drawn flowers, in pixels: 96, or height x width such as 48x64",
    { value: imageSizeOf, typed: typedSize },
  ),
  labels: text(
    "data.labels",
    "Labels of training pictures to keep: 10%, a number, or 20/class; the others are hidden. Default: all",
  ),
  unlabeled: text(
    "data.unlabeled",
    "Folder or archive of pictures without labels, from which a distilled student learns too",
  ),
  workers: number("data.workers", "Threads that decode and augment"),
  maxPixels: number("data.maxPixels", "Largest photo that is decoded, in pixels. Default: 100,000,000"),
  skipBadImages: flag(
    "data.skipBadImages",
    "Leave out photos that do not decode. Default: stop at the first",
  ),
  students: text(
    "run.students",
    "Students to train: all (alone, by the teacher's answers, by its features), both (alone, and distilled as the recipe says), alone (no teacher) or distilled",
  ),
  teacher: text(
    "run.teacher",
    "Teacher, a saved model of any format: a Hugging Face folder or hf:owner/name, ONNX, a tfjs layers or graph model, a TensorFlow SavedModel, a run. It has the data's classes, or features to learn them from: a ViT's, or a layer, node or output feature_vector",
  ),
  teacherPixels: text(
    "run.teacherPixels",
    "Teacher's input: bytes, unit (0 to 1), symmetric (-1 to 1), imagenet or auto (as its files say, else symmetric for layers, unit for graphs, imagenet for ONNX)",
  ),
  teacherOutputs: text(
    "run.teacherOutputs",
    "Teacher's output: logits, probabilities, sigmoid or auto (from its last layer or its answers)",
  ),
  teacherEpochs: number("run.teacherEpochs", "Epochs of the teacher, or of its linear probe"),
  teacherLearningRate: number(
    "run.teacherLearningRate",
    "Peak learning rate of the teacher, or of its probe",
  ),
  patchSize: number("model.patchSize", "Patch size in pixels; divides the image size"),
  dim: number("model.dim", "Embedding dimension of the students"),
  depth: number("model.depth", "Transformer blocks"),
  heads: number("model.heads", "Attention heads; divides the embedding dimension"),
  headDim: number("model.headDim", "Dimension of a head. Default: embedding dimension / heads"),
  mlpRatio: number("model.mlpRatio", "Hidden dimension of the MLP, as a multiple of the embedding dimension"),
  regTokens: number("model.regTokens", "Registers: learned tokens that no head reads. Default 0"),
  initValues: number("model.initValues", "First value of LayerScale, such as 1e-5. Default: no LayerScale"),
  patchDropRate: number(
    "model.patchDropRate",
    "Share of patches that training leaves out, in [0, 1). Default 0",
  ),
  dropPathRate: number("recipe.dropPathRate", "Stochastic-depth rate of the last block, in [0, 1)"),
  init: text("model.init", "Library whose initial weights are used: keras or timm"),
  weights: text(
    "model.weights",
    "Weights of a ViT or DeiT to start from: a safetensors file, its index or its folder, PyTorch's .pth or .bin, a run or a saved tfjs model of this program, or a name on the Hugging Face Hub such as hf:facebook/deit-tiny-patch16-224, which is downloaded once",
  ),
  selectFrom: text(
    "model.selectFrom",
    "The same of a larger ViT or DeiT: evenly spaced weights of its first blocks are the start",
  ),
  mimetic: flag("model.mimetic", "New weights of attention and positions that resemble trained ones"),
  epochs: number("recipe.epochs", "Epochs of each student"),
  batchSize: number("recipe.batchSize", "Images per optimizer step"),
  replicas: number(
    "run.replicas",
    "Threads that train a student; same result. Default: the preset's, else one per core, at most four, on WASM",
  ),
  compression: choice(
    "run.compression",
    "Sums of gradients between the processes of mpirun: bf16 (half the bytes, rounded to 8 significant bits) or none. Default: none",
    { none: undefined, bf16: "bf16" },
  ),
  microBatchSize: number(
    "run.microBatchSize",
    "Images in memory at once; same result. Default: the preset's, else 4 on WASM, 32 elsewhere",
  ),
  learningRate: number("recipe.learningRate", "Peak learning rate of the students"),
  warmupEpochs: number("recipe.warmup.epochs", "Linear warm-up, in epochs", {
    also: () => ({ "recipe.warmup.steps": undefined }),
  }),
  warmupSteps: number("recipe.warmup.steps", "Linear warm-up, in optimizer steps", {
    also: () => ({ "recipe.warmup.epochs": undefined }),
  }),
  learningRatePer: number(
    "recipe.learningRatePer",
    "Batch size that the learning rate is for: the rate is scaled to --batch-size. Default: no scaling",
  ),
  schedule: text("recipe.schedule", "Learning-rate schedule: cosine or constant"),
  minLearningRate: number("recipe.minLearningRate", "Last learning rate of the cosine. Default: 0"),
  warmupLearningRate: number(
    "recipe.warmup.from",
    "First learning rate of a warm-up that replaces the cosine's beginning, as DeiT's",
    { also: () => ({ "recipe.warmup.mode": "replaces" }) },
  ),
  optimizer: text("recipe.optimizer", "Optimizer: adamw, lamb or lion. Default: the preset's, else adamw", {
    also: besideOptimizer,
  }),
  adamW: text(
    "recipe.adamW",
    "Library whose AdamW is used: torch, keras or tfa (TensorFlow Addons', as in the Keras example)",
    { also: (library) => ({ "recipe.decays": library === "torch" ? "matrices" : "all" }) },
  ),
  weightDecay: number(
    "recipe.weightDecay",
    "Weight decay; with torch's AdamW biases, norms, tokens and positions are spared",
  ),
  layerDecay: number(
    "recipe.layerDecay",
    "Factor of the learning rate from a block to the one before it. Default: 1",
  ),
  clipNorm: number("recipe.clipNorm", "Highest norm of a step's gradients; 0: no clipping", none(0)),
  emaDecay: number(
    "recipe.emaDecay",
    "Decay of the weights' moving average, which is kept in place of the weights; 0: no average",
    none(0),
  ),
  labelSmoothing: number("recipe.labelSmoothing", "Label smoothing, in [0, 1)"),
  loss: choice(
    "recipe.loss",
    "Students' loss of the labels: cross-entropy, bce (of each class as a question of its own) or focal. Default: cross-entropy; bce for several labels",
    {
      "cross-entropy": { kind: "cross-entropy" },
      bce: { kind: "bce" },
      focal: { kind: "focal" },
    },
  ),
  bceThreshold: number(
    "recipe.loss.targetThreshold",
    "Targets above it count as 1, others as 0, in the loss bce, as timm's --bce-target-thresh",
    { also: () => ({ "recipe.loss.kind": "bce" }) },
  ),
  focalGamma: number(
    "recipe.loss.gamma",
    "Exponent of the loss focal, by which easy pictures count less. Default: 2",
    { also: () => ({ "recipe.loss.kind": "focal" }) },
  ),
  classWeights: text(
    "recipe.classWeights",
    "Weights of classes in the students' loss of the labels: balanced (by rarity, as scikit-learn's), or class=weight,… Default: 1 for all",
    { value: classWeightsOf, typed: typedWeights },
  ),
  sampling: text(
    "recipe.images.sampling",
    "balanced: an epoch's pictures for students are drawn with replacement, all classes alike. Default: each picture once",
  ),
  distillation: choice(
    "recipe.distillation",
    "Distillation loss: hard (the teacher's class) or soft (its probabilities)",
    { hard: { kind: "hard" }, soft: { kind: "soft", temperature: 1 } },
  ),
  temperature: number("recipe.distillation.temperature", "Temperature of soft distillation. Default: 1"),
  alpha: number(
    "recipe.alpha",
    "Weight of the distillation loss, in [0, 1]; 1: the teacher's answers alone teach, and the student has no distillation token",
  ),
  hints: text(
    "recipe.hints",
    "Pairs teacherLayer:studentLayer, …, of feature distillation; auto: the teacher's last maps to the block before the last; off. With --alpha 0 the student has no distillation token",
    { value: hintsOf, typed: typedHints },
  ),
  hintWeight: number("recipe.hints.weight", "Weight of each pair of --hints. Default: 2.5"),
  augment: choice(
    "recipe.images.augmentation",
    "Augmentation of the students' pictures: keras, deit, deit3 (3-Augment), crop (half to all of the area, mirrored) or none",
    {
      keras: undefined,
      deit: DEIT_RECIPE.images.augmentation,
      deit3: DEIT3_AUGMENTATION,
      crop: FINETUNE_RECIPE.images.augmentation,
      none: { crop: { scale: [1, 1] }, flip: 0 },
    },
  ),
  mixup: number("recipe.mixing.mixupAlpha", "MixUp's alpha; 0: no MixUp"),
  cutmix: number("recipe.mixing.cutmixAlpha", "CutMix's alpha; 0: no CutMix"),
  repeats: number("recipe.images.repeats", "Repeated augmentation: views of a picture per epoch. Default: 1"),
  evaluationCrop: number(
    "recipe.images.centerCrop",
    "Part of a held-out picture's side that is judged; 1: all. Default of evaluate: the model's own",
    {
      value: (ratio) => (ratio === 1 ? undefined : { ratio }),
      typed: (crop) => String((crop as { ratio: number } | undefined)?.ratio ?? 1),
    },
  ),
  normalization: choice(
    "recipe.normalization",
    "Students' input: unit (0 to 1), symmetric (-1 to 1) or imagenet (mean and deviation)",
    {
      unit: undefined,
      symmetric: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }, // -1 to 1: Google's and some of timm's
      imagenet: IMAGENET_NORMALIZATION,
    },
  ),
  viewEpochs: number("data.viewEpochs", "Epochs after which the students' views repeat. Default: never"),
  storeLogits: text(
    "run.storeLogits",
    "Folder of the teacher's logits for those views, shared by runs. Default: not stored",
  ),
  crossFit: number(
    "run.crossFit",
    "Teachers that are each trained without one fold of the pictures and answer for it; needs --view-epochs. Default: one for all",
  ),
  checkpointEvery: number("run.checkpointEvery", "Steps between checkpoints within an epoch"),
  resume: text("run.resume", "Folder of a stopped run to resume, with its settings"),
  verbose: flag("run.verbose", "Print stack traces"),
  config: text(
    "use.config",
    "JSON file of settings, grouped as in a run's settings.json; the command line takes precedence",
  ),
  model: text(
    "use.model",
    "Saved model of any format: a run (its distilled student, else the one alone), a Hugging Face folder or hf:owner/name, ONNX, a tfjs layers or graph model, a TensorFlow SavedModel. Default: the newest run",
  ),
  pixels: text("use.pixels", "Model's input: bytes, unit, symmetric or imagenet. Default: from the model"),
  outputs: text("use.outputs", "Model's output: logits, probabilities or sigmoid. Default: from the model"),
  split: text(
    "use.split",
    "Pictures to judge: held-out, test or all. Default: all of a --data that is not the run's, else held-out",
  ),
  open: flag("use.open", "Open the report in the browser at the end"),
  json: flag("use.json", "Print JSON, for scripts"),
  format: text(
    "use.format",
    "Form of the output: text, json, jsonl or csv; of embed: safetensors, npz or csv. Default: by the extension of --output, else text",
  ),
  output: text("use.output", "File to write; replaces only an earlier one of the same form"),
  topK: number("use.top", "Classes per photo, the most probable first. Default: 5; all in json and jsonl"),
  threshold: number(
    "use.threshold",
    "Probability above which a class is shown, of a model of several labels. Default: 0.5",
  ),
  tta: text(
    "use.tta",
    "Views of each picture over which probabilities are averaged: flip (and its mirror image), five (corners and middle) or ten (those mirrored too). Default: one view",
  ),
  layer: text(
    "use.layer",
    "Layer, node or output whose values are the features, averaged over places. Default: the input of the head, or feature_vector of graphs and ONNX",
  ),
  knn: number(
    "use.knn",
    "Report the accuracy of that many nearest neighbors, by the names of the photos' folders",
  ),
  knnPhotos: text(
    "use.knnPhotos",
    "Photos that vote in --knn. Default: the embedded ones, each without itself",
  ),
  attention: text("use.attention", "Drawing of the attention: a PNG for one photo, a folder for several"),
  csv: text(
    "use.csv",
    "File of what each model says of each picture, with the columns picture, label, arm, seed, predicted and correct",
  ),
  html: text("use.html", "File of the comparison as a page, .html"),
  to: text("use.to", "Folder to write: new, or an earlier export, which is replaced"),
  int8: flag("use.int8", "Write onnx/model_quantized.onnx too, with products in 8 bits, and its accuracy"),
  formats: text(
    "use.formats",
    "Formats to write: of huggingface, timm, onnx, tfjs. Default: all that hold the model",
    {
      value: (typed) =>
        String(typed)
          .split(",")
          .map((format) => format.trim()),
    },
  ),
  license: text(
    "use.license",
    "License for the model card, such as apache-2.0. Default: the card says that none was given",
  ),
  sheet: text("use.sheet", "File of the contact sheet: .png or .html"),
  perClass: number("use.perClass", "Pictures per class on the sheet. Default: 10"),
} satisfies Readonly<Record<string, Option>>;

export type OptionName = keyof typeof OPTIONS;

export function optionOf(name: OptionName): Option {
  return OPTIONS[name];
}

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];
