import { z } from "zod";
import { newestRun } from "../models/newest-run.ts";
import { PIXELS } from "../models/pixels.ts";
import { checked } from "./checked.ts";
import type { OptionName } from "./option-help.ts";

/** What the user says of a saved model, in the place of what it says itself. */
export const MODEL_USE = {
  pixels: z.enum(PIXELS).optional(),
  outputs: z.enum(["logits", "probabilities", "sigmoid"]).optional(),
} as const;

const schema = z.object({
  backend: z.enum(["auto", "tensorflow", "webgpu", "wasm", "cpu"]).default("auto"),
  model: z.string().optional(),
  out: z.string().default("runs"),
  ...MODEL_USE,
  json: z.boolean().default(false),
  verbose: z.boolean().default(false),
  maxPixels: z.number().int().positive().optional(),
  top: z.number().int().positive().default(5),
  attention: z.string().optional(),
});

/** Options of commands that use a saved model. */
export type ModelSettings = z.infer<typeof schema> & { readonly model: string };

export const MODEL_OPTIONS = [
  ...(["model", "out", "pixels", "outputs", "maxPixels", "backend", "verbose", "config"] as const),
] as const satisfies OptionName[];

/** @throws UsageError naming the option, what was expected and what was given. */
export function modelSettings(options: Readonly<Record<string, unknown>>): ModelSettings {
  const settings = checked(schema, options);
  return { ...settings, model: settings.model ?? newestRun(settings.out) };
}
