import { createHash } from "node:crypto";
import { viewSettingsText } from "../../batches/view-plan.ts";
import { type SampleStore, sampleBytes } from "../../sample-store.ts";
import type { StorePlan } from "./make-views.ts";

/** All that decides a view's pixels besides its key, the samples' bytes among it, as text. */
export function viewSettingsOf(store: SampleStore, plan: StorePlan): string {
  const { bytes: _, spans: __, maxPixels: ___, encoding, ...views } = plan;
  const hash = createHash("sha256");
  for (let i = 0; i < store.size; i++) hash.update(`${store.spans[2 * i + 1]! - store.spans[2 * i]!} `);
  for (let i = 0; i < store.size; i++) hash.update(sampleBytes(store, i));
  return viewSettingsText(views, { encoding, samples: hash.digest("hex") });
}
