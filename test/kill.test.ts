// A short form of `npx pnpm@12 run kill`.
import { emptyFolder } from "test-kit";
import { expect, test } from "vitest";
import { killRuns } from "../scripts/kill/campaign.ts";
import { withKills } from "../scripts/kill/page.ts";

test("a training that is killed eight times ends with the weights of one that was left alone", async () => {
  const folder = await emptyFolder();
  const { kills, runs, faults } = await killRuns({ kills: 1, seed: 3, folder }); // one run, all its moments
  expect(faults).toEqual([]);
  expect(runs).toBe(1);
  const killed = Object.values(kills).reduce((sum, count) => sum + count, 0);
  expect(killed).toBeGreaterThanOrEqual(4); // a run that is done before a moment comes is not killed there
});

test("a campaign's row replaces the one with its seed, and leaves the rest of the page", () => {
  const made = { command: "kill", date: "2026-01-01", commit: "abc", machine: "m" };
  const of = (seed: number, opening: number) => ({ seed, kills: { opening }, runs: 1, faults: [] });
  const page = "# Reliability\n\n## Inputs\n";
  const twice = withKills(withKills(page, of(1, 5), made), of(2, 6), made);
  const again = withKills(twice, of(1, 7), made);
  expect(again).toContain("## Inputs");
  expect(again.split("\n").filter((line) => /^\| \d/.test(line))).toEqual([
    "| 1 | 7 | 7 | 1 | 0 | 2026-01-01 | abc | m | `kill` |",
    "| 2 | 6 | 6 | 1 | 0 | 2026-01-01 | abc | m | `kill` |",
  ]);
});
