import { join } from "node:path";
import { writeAtomically } from "../files/write-atomically.ts";
import type { RunContext } from "../runs/context.ts";
import type { RunResult } from "../runs/run-result.ts";
import { gatherEvidence } from "./gather-evidence.ts";
import { htmlReport } from "./page/page.ts";

/** Writes `report.html` into a run's folder, from its models and its result. Returns its path. */
export async function writeReport(context: RunContext, result: RunResult): Promise<string> {
  const path = join(context.folder, "report.html");
  await writeAtomically(path, htmlReport(result, await gatherEvidence(context)));
  return path;
}
