import type * as tfl from "@tensorflow/tfjs-layers";
import { safetensorsBytes } from "safetensors-io";
import { fixturesOf, largestDifference, parity, tensorsOf } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import {
  deit,
  loadWeights,
  resizePositions,
  selectElements,
  type VitConfig,
  vit,
  weightsBytes,
  weightTensors,
} from "../index.ts";

const { bytes: fixture, json } = fixturesOf(import.meta.url);

const file = fixture("selection-large.safetensors");
/** The paper's function's selection from the file, in timm's names and layout. */
const selected = await tensorsOf(fixture("selection-expected.safetensors"));
const large: VitConfig = {
  ...{ imageSize: 16, patchSize: 8, dim: 20, depth: 3, heads: 5, mlpRatio: 2, classes: 3 },
};
const small: VitConfig = { ...large, dim: 12, depth: 2, heads: 3 };

/** A model's weights as a file has them. */
async function tensors(model: tfl.LayersModel) {
  return tensorsOf(await weightsBytes(model));
}

test("elements are those of the paper's function, for every length and count", () => {
  const cases = json<[number, number, number[]][]>("selection-indices.json");
  expect(cases.length).toBe(309);
  for (const [length, count, indices] of cases) {
    const places = Float32Array.from({ length }, (_, i) => i);
    expect([...selectElements(places, { from: [length], to: [count] })]).toEqual(indices);
  }
});

test("selectElements leaves its input as it is and refuses shapes that do not fit", () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  const same = selectElements(values, { from: [2, 3], to: [2, 3] });
  expect([...same]).toEqual([...values]);
  expect(same).not.toBe(values);
  expect([...selectElements(values, { from: [2, 3], to: [1, 2] })]).toEqual([1, 3]);
  const select = (from: number[], to: number[]) => () => selectElements(values, { from, to });
  expect(select([2, 3], [3, 2])).toThrow("selectElements: to must fit into from [2,3], got [3,2]");
  expect(select([2, 3], [2])).toThrow("selectElements: to must fit into from [2,3], got [2]");
  expect(select([2, 2], [2, 1])).toThrow("selectElements: values must be 4 numbers, got 6");
});

describe.each(["cpu", "wasm"] as const)('adapt: ["selection"] on %s', (backend) => {
  beforeAll(() => startBackend(backend));

  test("a smaller model starts from the elements that the paper's function selects, bit for bit", async () => {
    const model = deit(small);
    const own = await tensors(model);
    const report = await loadWeights(model, file, { adapt: ["selection"] });
    const got = await tensors(model);
    expect(selected.size).toBe(got.size - 4);
    for (const [key, { data }] of got) expect(data).toEqual((selected.get(key) ?? own.get(key))!.data);
    const measured = largestDifference(
      ...([got, selected].map((all) => [...selected.keys()].flatMap((key) => [...all.get(key)!.data])) as [
        number[],
        number[],
      ]),
    );
    const theirs = { reference: "weight-selection", version: "e9b6d0c", tolerance: 0 };
    parity({ ...theirs, item: "a distilled model's selected weights", backend, measured });
    expect([...report.kept].sort()).toEqual([
      "head.bias",
      "head.weight",
      "head_dist.bias",
      "head_dist.weight",
    ]);
    expect(report.skipped.filter((name) => name.startsWith("blocks.2."))).toHaveLength(12);
  });

  test("names of transformers give the same, as q, k and v lie one after the other", async () => {
    const [teacher, a, b] = [deit(large), deit(small), deit(small)];
    await loadWeights(teacher, file);
    await loadWeights(a, file, { adapt: ["selection"] });
    await loadWeights(b, await weightsBytes(teacher, { names: "huggingface" }), { adapt: ["selection"] });
    expect(await tensors(b)).toEqual(await tensors(a));
  });

  test("with another resolution, positions are selected and interpolated", async () => {
    const model = deit({ ...small, imageSize: 32 });
    await expect(loadWeights(model, file, { adapt: ["selection"] })).rejects.toThrow(
      'pos_embed: expected [1,18,12], found [1,6,20]; some of it is accepted with adapt: ["positions"]',
    );
    const { interpolated } = await loadWeights(model, file, { adapt: ["selection", "positions"] });
    expect(interpolated).toEqual(["pos_embed"]);
    const { data } = selected.get("pos_embed")!;
    const resized = resizePositions(data, { from: [2, 2], to: [4, 4], prefix: 2 });
    expect((await tensors(model)).get("pos_embed")!.data).toEqual(resized);
  });

  test("a plain student leaves out the distillation token", async () => {
    const model = vit(small);
    await loadWeights(model, file, { adapt: ["selection", "distillation"] });
    const { data } = selected.get("pos_embed")!;
    const rows = [...data.subarray(0, 12), ...data.subarray(24)];
    expect([...(await tensors(model)).get("pos_embed")!.data]).toEqual(rows);
  });
});

describe("what cannot be selected changes nothing", () => {
  beforeAll(() => startBackend("cpu"));

  test.each([
    [{ dim: 24 }, "mismatched: patch_embed.proj.weight: expected [24,3,8,8], found [20,3,8,8]"],
    [{ depth: 4 }, "missing: blocks.3.norm1.weight"],
    [{ patchSize: 16 }, "mismatched: patch_embed.proj.weight: expected [12,3,16,16], found [20,3,8,8]"],
    [{ mlpRatio: 4 }, "blocks.0.mlp.fc1.weight: expected [48,12], found [40,20]"],
  ])("a model with %j", async (change, message) => {
    const model = deit({ ...small, ...change });
    const before = await tensors(model);
    const loading = loadWeights(model, file, { adapt: ["selection"] });
    await expect(loading).rejects.toThrow("is not for this model, nothing was loaded");
    await expect(loading).rejects.toThrow(message);
    expect(await tensors(model)).toEqual(before);
  });

  test("without the adaptation the message names it", async () => {
    await expect(loadWeights(deit(small), file)).rejects.toThrow(
      'some of it is accepted with adapt: ["selection"]',
    );
  });

  test("q, k and v of different shapes", async () => {
    const teacher = vit(large);
    const theirs = weightTensors(teacher, { names: "huggingface" });
    const at = (part: string) =>
      theirs.findIndex(({ name }) => name.endsWith(`.0.attention.attention.${part}.bias`));
    for (const [part, length] of [
      ["query", 19],
      ["key", 21],
    ] as const) {
      theirs[at(part)] = { name: theirs[at(part)]!.name, shape: [length], data: new Float32Array(length) };
    }
    const bytes = await safetensorsBytes(theirs);
    await expect(loadWeights(vit(small), bytes, { adapt: ["selection"] })).rejects.toThrow(
      "mismatched: vit.encoder.layer.0.attention.attention.query.bias: expected [12], found [19]",
    );
  });
});
