// A process that downloads one file, for tests that end it or start two.
import { hubFile, hubName } from "../src/index.ts";

const [, , name = "", file = ""] = process.argv;
process.stdout.write(
  await hubFile(hubName(name)!, file, {
    retryDelay: 1,
    onProgress: ({ received }) => process.stderr.write(`${received}\n`),
  }),
);
