import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import { parseChecked } from "../files/parse-json.ts";

/** What is read of a line of a stage's log; numbers that JSON lacks are texts. */
const line = z.object({
  event: z.string(),
  step: z.number(),
  size: z.number().optional(),
  stepsPerEpoch: z.number().optional(),
  learningRate: z.union([z.number(), z.string()]).optional(),
  waitSeconds: z.number().optional(),
  computeSeconds: z.number().optional(),
});

/**
 * The lines of a stage's log.
 *
 * @throws Error naming the file and the line that is not one of a log.
 */
export async function* readLog(path: string): AsyncGenerator<z.infer<typeof line>> {
  let number = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    number += 1;
    if (text !== "") yield parseChecked(`${path}, line ${number}`, text, line);
  }
}
