// Whatever takes options refuses a key that it does not know, and names it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tfl from "@tensorflow/tfjs-layers";
import { Classifier, DEIT_RECIPE, Distiller } from "distill-trainer";
import { OnnxGraph } from "onnx-writer";
import { AppendFile, EventFile } from "tensorboard-events";
import { startBackend } from "tfjs-backends";
import { AdamW } from "tfjs-optim";
import { arraySource } from "train-loop";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OptionsParameter, publicOptions } from "./public-options.ts";

const UNKNOWN = "learninRate";

/** Types of what is worked on: an object with more fields is as good. */
const DATA = [
  "AdamWStep",
  "AttentionAttributes",
  "AttentionMaps",
  "Batch",
  "ByteImage",
  "Check",
  "CheckedSource",
  "Exported",
  "Features",
  "HubName",
  "ImageBatch",
  "MicroBatch",
  "ModelAndImages",
  "OnnxRuntime",
  "Pixels",
  "Preprocessing",
  "RankShare",
  "RgbImage",
  "SavedModelFiles",
  "StepCapture",
  "StepFigures",
  "{ readonly width: number; readonly height: number; }",
];

const samples = { images: new Float32Array(4), shape: [2, 2], labels: [0, 1] };
const source = arraySource(samples, { batchSize: 2 });
/** Arguments before the options that are looked at first. All others are left out: options come before anything else. */
const ARGUMENTS: Readonly<Record<string, readonly unknown[]>> = {
  "arraySource(ArraySourceOptions)": [samples],
  "createModel(Partial<VitConfig>)": ["deit_tiny_patch16_224"],
  "recipeTask(LabelData)": [DEIT_RECIPE],
  "OnnxGraph.node(NodeOptions)": ["Relu", [], {}],
  "OnnxGraph.nodes(NodeOptions)": ["Split", [], 1, {}],
  "splitFlowers(StratifiedSplitOptions)": [{ encoding: {}, keys: [] }],
  "Classifier.fitDataset(FitDatasetOptions)": [source],
  "Distiller.fitDataset(FitDatasetOptions)": [source],
};

const folder = mkdtempSync(join(tmpdir(), "public-options-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => startBackend("cpu"));

/** Objects whose methods take options. */
const INSTANCES: Readonly<Record<string, () => object>> = {
  AppendFile: () => new AppendFile(join(folder, "append")),
  EventFile: () => new EventFile(folder),
  OnnxGraph: () => new OnnxGraph(),
  Classifier: () => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [2] })] });
    return compiled(new Classifier(model));
  },
  Distiller: () => {
    const inputs = tfl.input({ shape: [2] });
    const outputs = [1, 2].map(() => tfl.layers.dense({ units: 2 }).apply(inputs) as tfl.SymbolicTensor);
    const teacher = { classes: 2, logits: () => Promise.reject(new Error("not to be asked")) };
    return compiled(new Distiller({ student: tfl.model({ inputs, outputs }), teacher }));
  },
};

function compiled<Trainer extends Classifier | Distiller>(trainer: Trainer): Trainer {
  trainer.compile({ optimizer: new AdamW({ learningRate: 1 }) });
  return trainer;
}

async function call({ title, file, exported, method, isConstructor, at, kind }: OptionsParameter) {
  const module = (await import(file)) as Record<string, unknown>;
  const before = [...(ARGUMENTS[title] ?? [])];
  const args = [...before, ...new Array(at - before.length).fill(undefined), { ...kind, [UNKNOWN]: 1 }];
  if (isConstructor) return new (module[exported] as new (...args: unknown[]) => unknown)(...args);
  const owner = (method === undefined ? module : INSTANCES[exported]?.()) as
    | Record<string, unknown>
    | undefined;
  if (owner === undefined) throw new Error(`INSTANCES must have ${exported}, whose ${method} takes options`);
  const result = (owner[method ?? exported] as (...args: unknown[]) => unknown).apply(owner, args);
  return Symbol.asyncIterator in Object(result) ? (result as AsyncGenerator).next() : result;
}

describe("an option that is not known is refused by", () => {
  const all = publicOptions();
  const [data, options] = [true, false].map((is) => all.filter(({ type }) => DATA.includes(type) === is));

  test.each(options!)("$title", async (parameter) => {
    await expect(call(parameter)).rejects.toThrow(`unknown option '${UNKNOWN}'`);
  });

  test("all that is public: the tables here name what there is", () => {
    expect(options!.length).toBeGreaterThan(100);
    expect([...new Set(data!.map(({ type }) => type))].sort()).toEqual([...DATA].sort());
    expect(options!.map(({ title }) => title)).toEqual(expect.arrayContaining(Object.keys(ARGUMENTS)));
  });
});
