import { RESAMPLES } from "../judge/bootstrap.ts";
import type { Comparison, Difference } from "../judge/compare-arms.ts";
import type { Interval } from "../judge/significance.ts";
import { percent } from "../terminal/format.ts";
import { formatTable } from "../terminal/table.ts";

/** Tables of accuracies and differences, and how the intervals were made. */
export function comparisonText(comparison: Comparison, isByFolds = false): string {
  const { arms, differences } = comparison;
  const accuracies = formatTable(
    ["model", "seeds", "pictures", "accuracy", "95% interval"],
    arms.map(({ arm, seeds, pictures, accuracy, interval: { low, high } }) => [
      ...[arm, String(seeds), pictures.toLocaleString("en"), percent(accuracy)],
      `${percent(low)} to ${percent(high)}`,
    ]),
  );
  const pairs = formatTable(
    ["difference", "points", "95% interval", "beside it"],
    differences.map((one) => [
      ...[`${one.second} − ${one.first}`, points(one.difference), ends(one.interval), beside(one)],
    ]),
  );
  return [accuracies, ...(differences.length > 0 ? [pairs] : []), method(comparison, isByFolds)].join("\n\n");
}

const points = (share: number): string => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;
const ends = ({ low, high }: Interval): string => `${points(low)} to ${points(high)}`;

function beside({ bySeeds, mcnemar }: Difference): string {
  if (bySeeds !== undefined) return `by seeds ${ends(bySeeds)}`;
  return `McNemar p ${mcnemar! < 0.001 ? "< 0.001" : `= ${mcnemar!.toFixed(3)}`}`;
}

/** How the intervals were made, in sentences. */
export function method({ arms, isCrossed }: Comparison, isByFolds: boolean): string {
  const start = `95% intervals are percentiles of ${RESAMPLES.toLocaleString("en")} bootstrap samples`;
  const several =
    "By seeds: Student's interval of the seeds' differences alone, the more careful one where there are few.";
  const ways = {
    one: `${start} of the pictures; differences are paired, picture by picture, with McNemar's exact test beside them.`,
    crossed: `${start} of seeds and pictures, drawn independently; a picture comes with both models' answers for all drawn seeds. ${several}`,
    nested: `${start} of seeds, and of each drawn seed's own pictures; a picture comes with both models' answers. ${several}`,
  };
  const seeds = Math.max(...arms.map((one) => one.seeds));
  const text = ways[seeds === 1 ? "one" : isCrossed ? "crossed" : "nested"];
  return isByFolds
    ? `${text} Each picture is judged by the models that did not train on it. They share most of their training pictures, so the intervals hold for these models rather than for other training pictures.`
    : text;
}
