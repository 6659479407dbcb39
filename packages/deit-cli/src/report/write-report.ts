import { join } from "node:path";
import { writeAtomically } from "../files/write-atomically.ts";
import type { RunContext } from "../runs/context.ts";
import type { RunResult } from "../runs/run-result.ts";
import { gatherEvidence } from "./gather-evidence.ts";
import { htmlReport } from "./page/page.ts";

/** Name of the report in a run's folder. */
export const REPORT = "report.html";

/** Writes `report.html` into a run's folder, from its models and its result. Returns its path. */
export async function writeReport(context: RunContext, result: RunResult): Promise<string> {
  const path = join(context.folder, REPORT);
  await writeAtomically(path, htmlReport(result, await gatherEvidence(context)));
  return path;
}
