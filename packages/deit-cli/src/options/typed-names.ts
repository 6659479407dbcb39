import type { OptionName } from "./option-table.ts";

/** Names that people type from other programs (timm, transformers, Keras, Ultralytics), letters only, and this program's option. */
const TYPED: Readonly<Record<string, OptionName>> = {
  ...{ lr: "learningRate", baselr: "learningRate", rate: "learningRate", eta: "learningRate" },
  ...{ minlr: "minLearningRate", warmuplr: "warmupLearningRate", warmup: "warmupEpochs" },
  ...{ wd: "weightDecay", decay: "weightDecay", lrscheduler: "schedule", sched: "schedule" },
  ...{ bs: "batchSize", batch: "batchSize", b: "batchSize", trainbatchsize: "batchSize" },
  ...{
    imgsize: "imageSize",
    imgsz: "imageSize",
    inputsize: "imageSize",
    resolution: "imageSize",
    size: "imageSize",
  },
  ...{ epoch: "epochs", numepochs: "epochs", numtrainepochs: "epochs", nepochs: "epochs", e: "epochs" },
  ...{
    model: "weights",
    modelname: "weights",
    pretrained: "weights",
    finetune: "weights",
    checkpoint: "weights",
  },
  ...{
    initialcheckpoint: "weights",
    ckpt: "weights",
    load: "weights",
    continue: "resume",
    restore: "resume",
  },
  ...{
    output: "out",
    outputdir: "out",
    outdir: "out",
    savedir: "out",
    logdir: "out",
    project: "out",
    o: "out",
  },
  ...{
    dataset: "data",
    datadir: "data",
    datapath: "data",
    dir: "data",
    images: "data",
    traindir: "data",
    d: "data",
  },
  ...{
    gpu: "backend",
    gpus: "backend",
    device: "backend",
    cuda: "backend",
    cpu: "backend",
    accelerator: "backend",
    amp: "precision",
    dtype: "precision",
    mixedprecision: "precision",
  },
  ...{ threads: "replicas", numthreads: "replicas", numworkers: "workers", j: "workers", nproc: "replicas" },
  ...{ smoothing: "labelSmoothing", droppath: "dropPathRate", mixupalpha: "mixup", cutmixalpha: "cutmix" },
  ...{
    gradclip: "clipNorm",
    clipgrad: "clipNorm",
    maxgradnorm: "clipNorm",
    modelema: "emaDecay",
    ema: "emaDecay",
  },
  ...{ teachermodel: "teacher", teacherpath: "teacher", distillationalpha: "alpha", tau: "temperature" },
  ...{ distillationtau: "temperature", distillationtype: "distillation", embeddim: "dim", numheads: "heads" },
  ...{
    hiddensize: "dim",
    layers: "depth",
    numlayers: "depth",
    patch: "patchSize",
    arch: "preset",
    recipe: "preset",
  },
  ...{ aa: "augment", augmentation: "augment", randomseed: "seed", randomstate: "seed", experiment: "name" },
  ...{
    runname: "name",
    cv: "folds",
    kfold: "folds",
    earlystopping: "patience",
    earlystoppingpatience: "patience",
  },
  ...{
    savebest: "keepBest",
    crop: "evaluationCrop",
    croppct: "evaluationCrop",
    configfile: "config",
    c: "config",
  },
  ...{ debug: "verbose", top: "topK", k: "topK" },
};

/** The option that a name of another program stands for, if the command has it. */
export function typedName(typed: string, options: readonly OptionName[]): OptionName | undefined {
  const letters = typed.toLowerCase().replace(/[-_.]/g, "");
  const option = Object.hasOwn(TYPED, letters) ? TYPED[letters] : undefined;
  return option !== undefined && options.includes(option) ? option : undefined;
}
