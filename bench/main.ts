import { benchWasm } from "./wasm/suite.ts";

const [suite, ...options] = process.argv.slice(2);
if (suite === "wasm") await benchWasm({ quick: options.includes("--quick") });
else {
  process.stderr.write(`bench: expected the suite to be 'wasm', got '${suite ?? ""}'\n`);
  process.exitCode = 2;
}
