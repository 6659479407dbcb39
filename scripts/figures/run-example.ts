import { join } from "node:path";
import { root } from "../packages.ts";
import { runProcess } from "../pnpm.ts";

/** Runs an example as its README says, with its defaults; what it printed. */
export function runExample(name: string): Promise<string> {
  const main = join(root, "examples", name, "src/main.ts");
  return runProcess(
    root,
    process.env,
    process.execPath,
    ...["--conditions=@deit/source", "--import", import.meta.resolve("tsx"), main],
  );
}
