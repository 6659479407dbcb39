#!/usr/bin/env node
// Runs the program from its TypeScript sources, which need a flag of Node's: `npx deit-cli …` in this repository.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const node = ["--conditions=@deit/source", "--import", tsx, main, ...process.argv.slice(2)];
const child = spawn(process.execPath, node, { stdio: "inherit" });
// The program saves when it is stopped: this one waits for it. Ctrl-C reaches both.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
});
