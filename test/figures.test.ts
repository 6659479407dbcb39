import { test } from "vitest";
import { demo } from "../scripts/figures/examples.ts";
import { shownFigures } from "./figures.ts";

// A run of it takes minutes; those of the other examples are compared by their own tests.
test("the README of the demo shows docs/figures.json", () => {
  shownFigures(demo);
});
