/** What each option of the program is for, by its name in settings and configuration files. */
export const OPTION_HELP = {
  preset: "demo, photos, keras, deit, finetune or tiny (default: demo, or photos with --data or --download)",
  name: "Name of the run's folder (default: preset and time)",
  out: "Folder that runs are written to",
  backend: "auto, tensorflow, webgpu, wasm or cpu",
  seed: "Of everything random: pictures, order, crops, initial weights, stochastic depth",
  data: "flower_photos.tgz, or a folder with one folder of photos a class",
  download: "Use the real flower_photos.tgz, downloaded once (229 MB)",
  cache: "Folder that the download is kept in (default: the platform's cache folder)",
  count: "Procedural flowers to draw",
  imageSize: "Student's image size in pixels",
  workers: "Threads that decode and augment",
  maxPixels: "Most pixels of a photo that is decoded (default: 100,000,000)",
  skipBadImages: "Leave out photos that do not decode, instead of stopping",
  students: "Which to train: both, alone (then there is no teacher) or distilled",
  teacher:
    "tfjs layers model to learn from: of the data's classes, or a backbone with a layer feature_vector",
  teacherPixels:
    "What the teacher takes: bytes (0 to 255), unit (0 to 1), symmetric (-1 to 1) or imagenet (mean and deviation); auto: as its notes or its first layer say, else symmetric",
  teacherOutputs:
    "What the teacher gives: logits, probabilities or sigmoid; auto: as its last layer says or its outputs look",
  teacherEpochs: "Epochs of the teacher (or of its linear probe)",
  teacherLearningRate: "Peak learning rate of the teacher (or probe)",
  patchSize: "Patch size in pixels; divides the image size",
  dim: "Width of the student",
  depth: "Transformer blocks",
  heads: "Attention heads; divides the width",
  headDim: "Width of a head (default: the width over the heads)",
  mlpRatio: "Width of the MLP over the student's width",
  dropPathRate: "Stochastic depth rate of the last block",
  init: "Whose initial weights: keras or timm",
  weights: "Safetensors file of a ViT or DeiT that the students start from",
  epochs: "Epochs of each student",
  batchSize: "Images an optimizer step",
  replicas:
    "Threads that train a student together; does not change the result (default: the preset's, else one a core on WASM)",
  microBatchSize:
    "Images in memory at once; does not change the result (default: the preset's, else 4 on WASM, 32 elsewhere)",
  learningRate: "Peak learning rate of the students",
  warmupEpochs: "Epochs of linear warm-up",
  learningRatePer:
    "Batch size that the learning rate is meant for: it is scaled to --batch-size (default: it is not)",
  schedule: "cosine or constant",
  minLearningRate: "Where the cosine ends",
  warmupLearningRate:
    "First learning rate of the warm-up, which then covers the cosine's beginning, as DeiT's",
  adamW:
    "Whose AdamW: torch, keras or tfa (TensorFlow Addons', the Keras example's: decay not scaled by the rate)",
  weightDecay: "AdamW's; with torch's not of biases, norms, tokens and positions",
  layerDecay: "Factor of the learning rate from a block to the one before it",
  clipNorm: "Highest norm of a step's gradients; 0: any",
  emaDecay: "Of the moving average of the weights, which is then what is kept; 0: none",
  labelSmoothing: "Label smoothing, 0 to 1",
  distillation: "hard (the teacher's class) or soft (its probabilities)",
  temperature: "Of soft distillation",
  alpha: "Weight of the distillation loss, 0 to 1",
  augment: "Of the students' pictures: keras, deit, crop (half to all of the area, mirrored) or none",
  mixup: "MixUp's alpha; 0: none",
  cutmix: "CutMix's alpha; 0: none",
  repeats: "Repeated augmentation: views of a picture in an epoch",
  evaluationCrop:
    "Middle part of held-out pictures that the students see (evaluate: default: the model's own); 1: whole pictures",
  normalization:
    "The students' pixels: unit (0 to 1), symmetric (-1 to 1: mean and deviation 0.5) or imagenet (mean and deviation)",
  viewEpochs: "Epochs after which the students' views come again (default: never)",
  storeLogits: "Folder that the teacher's logits of those views are kept in, for this run and others",
  checkpointEvery: "Steps between checkpoints, besides one at the end of each epoch",
  resume: "Folder of a run that was stopped: goes on with it, with its settings",
  verbose: "Show stack traces",
  config: "JSON file with any of these options, named as in a run's settings.json",
  model:
    "A saved model, or a run, whose student it then is, the distilled one if there is one (default: the newest run's)",
  pixels: "What the model takes, in the place of what it says: bytes, unit, symmetric or imagenet",
  outputs: "What the model gives, in the place of what it says: logits, probabilities or sigmoid",
  split:
    "Pictures to judge: held-out or all (default: all of a --data that is not the run's, else those held out)",
  json: "Print JSON, for scripts",
  top: "Classes shown for a photo",
  attention: "Draw what the model looks at: a PNG for one photo, a folder for several",
  sheet: "Where the contact sheet goes: .png or .html",
  perClass: "Pictures of a class on the sheet",
} as const satisfies Readonly<Record<string, string>>;

export type OptionName = keyof typeof OPTION_HELP;

/** What the command line's parser would turn into numbers where it looks like one: a run may be named 7. */
export const TEXT_OPTIONS: ReadonlySet<string> = new Set<OptionName>([
  ...([
    "preset",
    "name",
    "out",
    "backend",
    "data",
    "cache",
    "teacher",
    "resume",
    "weights",
    "storeLogits",
  ] as const),
  ...(["config", "model", "attention", "sheet", "split"] as const),
]);

/** Options without a value. */
export const FLAG_OPTIONS: ReadonlySet<string> = new Set<OptionName>([
  "download",
  "skipBadImages",
  "verbose",
  "json",
]);
