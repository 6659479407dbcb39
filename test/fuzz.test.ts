import { expect, test } from "vitest";
import { runCampaign } from "../scripts/fuzz/campaign.ts";
import { FORMATS } from "../scripts/fuzz/formats.ts";
import { FAULTS, RIGHT } from "../scripts/fuzz/judge.ts";
import { withRow } from "../scripts/fuzz/page.ts";

test.each(FORMATS.map(({ name }) => name))(
  "60 mutated files of the format %s have no fault",
  async (format) => {
    const { inputs, counts, faults } = await runCampaign({ format, seed: 1, count: 60 });
    expect(faults).toEqual([]);
    expect(inputs).toBe(60);
    expect(RIGHT.reduce((sum, outcome) => sum + counts[outcome], 0)).toBe(60);
  },
);

test("a campaign's inputs are the same again, and its row takes the place of the earlier one", async () => {
  const [first, second] = [
    await runCampaign({ format: "zip", seed: 7, count: 30 }),
    await runCampaign({ format: "zip", seed: 7, count: 30 }),
  ];
  expect(first).toEqual(second);
  const facts = ["2026-01-01", "abcdef0", "2 × a processor"];
  const row = { format: "zip", reader: "openZip", seed: 7, ...first };
  const page = withRow("# Reliability\n\n## Kills\n\ntext\n", row, facts);
  expect(page).toMatch(/## Kills\n\ntext\n\n## Inputs\n/);
  expect(page).toContain(`| ${[...RIGHT, ...FAULTS].map((outcome) => first.counts[outcome]).join(" | ")} |`);
  const again = withRow(page, { ...row, inputs: 31 }, facts);
  expect(again).toContain("--count 31 --seed 7");
  expect(again.length).toBe(page.length);
});
