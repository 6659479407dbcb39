import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { deit, vit } from "deit-model";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import {
  FeatureHints,
  type FeatureHintsOptions,
  type LayeredTeacher,
  layersTeacher,
  storedTeacher,
  tokenDistillation,
} from "../index.ts";
import { bitTeacher, CLASSES, cnn, hinted, SIDE, studentOf } from "./test-data.ts";

describe("layers", () => {
  beforeAll(() => startBackend("cpu"));
  const gridOf = (options: FeatureHintsOptions) => {
    const hints = new FeatureHints(options);
    hints.dispose();
    const [pair] = hints.settings.pairs as { student: string; grid?: number[] }[];
    return [pair!.student, pair!.grid];
  };
  const size = { patchSize: 4, dim: 8, heads: 2, classes: CLASSES, depth: 3 };
  const pair = { teacher: "map" };

  test.each<[string, () => tfl.LayersModel, string | undefined, string, number[]]>([
    ["the block before the last by default", studentOf, undefined, "blocks.1", [4, 4]],
    ["patches of a wide picture", () => vit({ ...size, imageSize: [8, 20] }), undefined, "blocks.1", [2, 5]],
    [
      "of all tokens",
      () => deit({ ...size, imageSize: SIDE, allTokens: true }),
      undefined,
      "blocks.1",
      [4, 4],
    ],
    [
      "the last block with all tokens",
      () => deit({ ...size, imageSize: SIDE, allTokens: true }),
      "blocks.2",
      "blocks.2",
      [4, 4],
    ],
    ["patches without class tokens", studentOf, "patch_embed.proj", "patch_embed.proj", [4, 4]],
    ["maps of a convolutional network", () => cnn("own"), "own", "own", [4, 4]],
  ])("%s", (_, student, name, expected, grid) => {
    const named = { ...pair, ...(name !== undefined && { student: name }) };
    expect(gridOf({ student: student(), teacher: layersTeacher(cnn()), pairs: [named] })).toEqual([
      expected,
      grid,
    ]);
  });

  test("suggested by a BiT are its last map and the last residual sum twice as large", () => {
    expect(bitTeacher().layers.suggested).toEqual(["norm.act", "stages.0.blocks.0.add"]);
    expect(layersTeacher(cnn()).layers.suggested).toEqual(["map"]);
  });

  test("tokens of a ViT teach by their own grid", async () => {
    const teacher = layersTeacher(vit({ ...size, imageSize: SIDE, patchSize: 8 }));
    const student = studentOf();
    const pairs = [{ teacher: "blocks.0", teacherGrid: [2, 2] as const }];
    const hints = new FeatureHints({ student, teacher, pairs });
    expect((await hints.teach(tf.zeros([2, SIDE, SIDE, 3]))).targets[0]!.shape).toEqual([2, 16, 8]);
    hints.dispose();
    expect(() => new FeatureHints({ student, teacher, pairs: [{ teacher: "blocks.0" }] })).toThrow(
      "FeatureHints: pairs[0]: the teacher's layer 'blocks.0' of [batch,5,8] needs the teacherGrid of its patch tokens, got none",
    );
  });

  const refusals: [string, (student: tfl.LayersModel) => Partial<FeatureHintsOptions>, string][] = [
    [
      "a block that has dropped its patch tokens",
      () => ({ pairs: [{ ...pair, student: "blocks.2" }] }),
      "FeatureHints: pairs[0]: the student's layer 'blocks.2' must have its 16 patch tokens, got 2 of 18 tokens; take one before it, such as 'blocks.1'",
    ],
    [
      "a student that leaves patches out in training",
      () => ({ student: vit({ ...size, imageSize: SIDE, patchSize: 4, patchDropRate: 0.5 }) }),
      "FeatureHints: pairs[0]: the student's layer 'blocks.1' must have all its patch tokens in training, but 'patch_drop' leaves some out: patchDropRate must be 0 with hints",
    ],
    [
      "a student's layer that does not exist",
      () => ({ pairs: [{ ...pair, student: "block.1" }] }),
      "FeatureHints: pairs[0]: the student must have a layer 'block.1', got images, patch_embed.proj, tokens",
    ],
    [
      "a teacher's layer that does not exist",
      () => ({ pairs: [{ teacher: "mop" }] }),
      "layersTeacher: the model must have a layer 'mop', got map, vector, head; did you mean 'map'?",
    ],
    [
      "vectors for tokens",
      () => ({ pairs: [{ teacher: "vector" }] }),
      "the teacher's layer 'vector' must have maps or tokens as 'blocks.1' has, got [batch,6]",
    ],
    [
      "other channels without a projection",
      () => ({ pairs: [{ ...pair, projects: false }] }),
      "without a projection both layers must have as many channels, got 6 of 'map' and 12 of 'blocks.1'",
    ],
    [
      "other channels than the teacher's",
      () => ({ pairs: [{ ...pair, channels: 7 }] }),
      "the teacher's layer 'map' has 6 channels, channels is 7",
    ],
    [
      "statistics of other channels",
      () => ({ pairs: [{ ...pair, whitening: { mean: [0], variance: [1] } }] }),
      "the teacher's layer 'map': whitening: expected a mean and a variance for each of 6 channels, got 1 and 1",
    ],
    ["no pairs", () => ({ pairs: [] }), "FeatureHints: pairs must be a list of at least one pair, got none"],
    [
      "a cosine without an end",
      () => ({ schedule: "cosine" }),
      "FeatureHints: a cosine needs the steps at which it reaches 0, got none",
    ],
    [
      "an unknown option of a pair",
      () => ({ pairs: [{ ...pair, wieght: 1 } as never] }),
      "FeatureHints: pairs[0]: unknown option 'wieght'; did you mean 'weight'?",
    ],
    [
      "stored logits",
      () => {
        const store = { classes: CLASSES, find: async () => [], add: async () => {} };
        return { teacher: storedTeacher(layersTeacher(cnn()), store) as LayeredTeacher };
      },
      "FeatureHints: teacher must be a Teacher with inner layers, such as layersTeacher(model) (stored logits and SavedModels have none)",
    ],
    [
      "a student without blocks and no name",
      () => ({ student: cnn("own") }),
      "every pair needs the student's layer by name, for 'sequential",
    ],
  ];
  test.each(refusals)("refuses %s, before anything is allocated", (_, options, message) => {
    const student = studentOf();
    const teacher = layersTeacher(cnn());
    const given = options(student);
    const before = tf.memory().numTensors;
    expect(() => new FeatureHints({ student, teacher, ...given })).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("hints of another student are refused", () => {
    const { hints, dispose } = hinted();
    expect(() => tokenDistillation({ student: studentOf(), teacher: bitTeacher(), hints })).toThrow(
      "tokenDistillation: the hints must be for the task's model 'deit', got those for 'deit'",
    );
    dispose();
  });
});
