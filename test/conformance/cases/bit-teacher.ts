import { groupNorm, weightStandardize } from "bit-teacher";
import { type Case, noise, opCase } from "../case.ts";
import * as f64 from "../float64/functions.ts";

/** The ops of `bit-teacher`. */
export const bitTeacher: readonly Case[] = [
  opCase({
    op: "bit-teacher: groupNorm",
    inputs: [noise([2, 3, 3, 6], 1), noise([6], 2), noise([6], 3)],
    run: (x, gamma, beta) => groupNorm(x!, gamma!, beta!, { groups: 2 }),
    reference: (x, gamma, beta) => f64.groupNorm(x!, gamma!, beta!, 2),
  }),
  opCase({
    op: "bit-teacher: weightStandardize",
    inputs: [noise([3, 3, 2, 5], 4)],
    run: (w) => weightStandardize(w!),
    reference: (w) => f64.weightStandardize(w!, 1e-10),
  }),
];
