import type { ResultRow } from "./row.ts";

/** A part of `docs/results.md` that is made from `docs/results.json`: `<!-- results <name> = <run> <run> … -->` to `<!-- end -->`. */
const BLOCK = /<!-- results ([\w-]+) = ([\w -]+?) -->\n[\s\S]*?<!-- end -->/g;

/** The parts of a page: their names, and the rows of their runs. */
export function blocksOf(page: string, rows: readonly ResultRow[]): { name: string; rows: ResultRow[] }[] {
  return [...page.matchAll(BLOCK)].map(([, name, runs]) => ({ name: name!, rows: rowsOf(runs!, rows) }));
}

/**
 * The page with its parts written anew: what was run, what came of it, accuracy epoch by epoch, a picture of the curves.
 *
 * @throws Error naming a run that has no rows.
 */
export function fillBlocks(page: string, rows: readonly ResultRow[]): string {
  return page.replace(BLOCK, (_, name: string, runs: string) => {
    const shown = rowsOf(runs, rows);
    return `<!-- results ${name} = ${runs} -->\n${blockText(name, shown)}\n<!-- end -->`;
  });
}

function rowsOf(runs: string, rows: readonly ResultRow[]): ResultRow[] {
  return runs.split(" ").flatMap((run) => {
    const of = rows.filter((row) => row.run === run);
    if (of.length === 0) throw new Error(`docs/results.md: no run '${run}' in docs/results.json`);
    return of;
  });
}

function blockText(name: string, rows: readonly ResultRow[]): string {
  const commands = new Map(rows.filter(({ commit }) => commit).map((row) => [row.run, row]));
  const typed = [...commands.values()].map(
    ({ run, source, commit }) => `${source}   # ${run}, at ${commit!.slice(0, 7)}`,
  );
  const machines = new Set(rows.flatMap(({ machine, date }) => (machine ? [`${machine}; ${date}`] : [])));
  const trained = rows.filter(({ epochs }) => epochs > 0);
  const summary = rows.map((row) => {
    const { run, model, seed, epochs, valAccuracy, imagesPerSecond, minutes } = row;
    const done =
      epochs === 0 ? "–" : valAccuracy.length < epochs ? `${valAccuracy.length} of ${epochs}` : epochs;
    const accuracy = `**${percent(valAccuracy.at(-1))}**`;
    const best = epochs === 0 ? "–" : percent(Math.max(...valAccuracy));
    return `| ${run} | ${model} | ${seed ?? "–"} | ${done} | ${accuracy} | ${best} | ${imagesPerSecond ?? "–"} | ${minutes ?? "–"} |`;
  });
  const longest = Math.max(0, ...trained.map(({ valAccuracy }) => valAccuracy.length));
  const epochs = Array.from({ length: longest }, (_, epoch) => {
    const cells = trained.map(({ valAccuracy }) => percent(valAccuracy[epoch]));
    return `| ${epoch + 1} | ${cells.join(" | ")} |`;
  });
  return `
\`\`\`sh
${typed.join("\n")}
\`\`\`

${[...machines].join(". ")}.

| run | model | seed | epochs | accuracy in the end | best epoch | images/s in training | minutes of training |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
${summary.join("\n")}

![Accuracy on held-out photos by epoch](results/${name}.svg)

| epoch | ${trained.map(labelOf).join(" | ")} |
| ---: | ${trained.map(() => "---:").join(" | ")} |
${epochs.join("\n")}
`;
}

/** A curve's name. */
export function labelOf({ run, model }: ResultRow): string {
  return `${run}: ${model.replace("student ", "")}`;
}

function percent(share: number | undefined): string {
  return share === undefined ? "" : `${(100 * share).toFixed(1)}%`;
}
