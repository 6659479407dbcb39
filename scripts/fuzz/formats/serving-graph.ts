import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadSavedModel } from "../../../packages/saved-model-to-graph/src/node.ts";
import { root } from "../../packages.ts";
import { type Format, wholeFile } from "../format.ts";
import { digest } from "../judge.ts";

/** The graph of TensorFlow's SavedModels, of functions that call each other, beside their variables. */
export const servingGraph: Format = {
  name: "serving-graph",
  reader: "`loadSavedModel`",
  async prepare(folder) {
    const opened = (name: string) => join(folder, `opened-${name}`);
    const layers = ["nested", "keras"].map((name) => {
      const fixture = join(root, "packages/saved-model-to-graph/fixtures", name);
      cpSync(fixture, opened(name), { recursive: true });
      return wholeFile(new Uint8Array(readFileSync(join(fixture, "saved_model.pb"))), false, name);
    });
    return {
      layers,
      named: /opened-(nested|keras)/,
      async read(bytes, { name }) {
        writeFileSync(join(opened(name), "saved_model.pb"), bytes);
        const { modelTopology, signature, weightSpecs, weightData } = await loadSavedModel(opened(name));
        const numbers = digest(new Uint8Array(weightData as ArrayBuffer));
        return `${digest(JSON.stringify([modelTopology, signature, weightSpecs]))} ${numbers}`;
      },
    };
  },
};
