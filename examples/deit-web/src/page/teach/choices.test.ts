import { expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../worker/project/settings.ts";
import { startedFrom } from "./choices.ts";

test("DeiT-Ti sees pictures of 128 pixels or more, a larger choice stays, and learns from the pictures alone", () => {
  expect(startedFrom("published", DEFAULT_SETTINGS)).toEqual({
    start: "published",
    imageSize: 128,
    teaching: "none",
  });
  const large = { ...DEFAULT_SETTINGS, imageSize: 224 };
  expect(startedFrom("published", large)).toEqual({ start: "published", imageSize: 224, teaching: "none" });
  expect(startedFrom("nothing", large)).toEqual({ start: "nothing" });
});
