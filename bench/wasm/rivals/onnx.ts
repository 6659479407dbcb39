import * as tf from "@tensorflow/tfjs-core";
import { config, deit } from "deit-model";
import { toOnnx } from "tfjs-to-onnx";
import { requireAgreement } from "../../agree.ts";
import { interleaved } from "../../measure.ts";
import { importRival } from "../../optional.ts";
import { type Recorder, rateRow } from "../../report.ts";
import type { PartOptions } from "../part-options.ts";
import { gigaflops } from "../step/model-flops.ts";
import { enterOurs, withOurs } from "../which-kernels.ts";

const BATCH = 8;
const ID = `forward only, DeiT-Ti/16 224², batch ${BATCH}`;
const TOLERANCE = 1e-3;

type Ort = typeof import("onnxruntime-web");

/** The two runtimes; the native one is no dependency: `pnpm add --save-optional --ignore-scripts onnxruntime-node` in `bench`. */
const RIVALS = [
  { module: "onnxruntime-web", name: "onnxruntime-web, WASM, 1 thread", provider: "wasm", target: 2.8 },
  { module: "onnxruntime-node", name: "onnxruntime-node, native, 1 thread", provider: "cpu", target: 0.8 },
] as const;

/** Inference against ONNX Runtime on the same weights: as timm's model is exported, and cut like ours. */
export async function onnxRows(recorder: Recorder, options: PartOptions): Promise<void> {
  for (const rival of RIVALS) {
    const ort = await importRival(() => import(rival.module) as Promise<Ort>);
    if (ort === undefined) recorder.skip(`${ID}, against ${rival.name}`, `${rival.module} is not installed`);
    else await rivalRows(recorder, options, ort, rival);
  }
  recorder.note("The ONNX file is our model by `tfjs-to-onnx`, of any batch; both sides' logits agree.");
}

async function rivalRows(
  recorder: Recorder,
  { quick, ceiling }: PartOptions,
  ort: Ort,
  { name: rival, provider, target }: (typeof RIVALS)[number],
): Promise<void> {
  ort.env.wasm.numThreads = 1;
  const model = deit({ ...config.deitTiny, classes: 5 });
  const images = tf.randomUniform([BATCH, 224, 224, 3], 0, 1, "float32", 1);
  const planes = tf.tidy(() => tf.transpose(images, [0, 3, 1, 2]).dataSync() as Float32Array);
  const feeds = { images: new ort.Tensor("float32", planes, [BATCH, 3, 224, 224]) };
  const predict = () => {
    const heads = model.predict(images, { batchSize: BATCH }) as tf.Tensor[];
    const logits = heads.map((head) => head.dataSync() as Float32Array);
    tf.dispose(heads);
    return logits;
  };
  const expected = await withOurs(predict);
  const whole = deit({ ...config.deitTiny, classes: 5, allTokens: true }); // as timm's model is exported
  whole.setWeights(model.getWeights());

  for (const [exported, id, aim] of [
    [whole, ID, target],
    [model, `${ID}, its last block cut to the class tokens like ours`, null],
  ] as const) {
    const file = await toOnnx(exported, { inputNames: ["images"] });
    const session = await ort.InferenceSession.create(file, {
      executionProviders: [provider],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    });
    const theirs = await session.run(feeds);
    for (const [i, name] of session.outputNames.entries()) {
      requireAgreement(`${rival}: logits`, theirs[name]!.data as Float32Array, expected[i]!, TOLERANCE);
    }
    const sides = [
      { run: () => void predict(), enter: () => enterOurs() },
      { run: async () => void (await session.run(feeds)) },
    ];
    const [ours, other] = await interleaved(sides, { rounds: quick ? 3 : 11 });
    const rates = [BATCH / (ours! / 1e3), BATCH / (other! / 1e3)] as const;
    const limit = ceiling / gigaflops(config.deitTiny, { backward: false });
    recorder.add(rateRow(id, ...rates, rival, "images/s", aim, limit));
    await session.release();
  }
  for (const each of [model, whole]) each.dispose();
  images.dispose();
}
