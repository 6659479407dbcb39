/** The figures that the README of an example shows, as `docs/figures.json` keeps them. */
export interface Figures {
  /** What computed them: `Node 20.20.2, simd`. Other builds of the kernels round otherwise. */
  readonly computedBy: string;
  /** `2026-11-25`. */
  readonly date: string;
  /** By name; shares are percentages. */
  readonly values: Readonly<Record<string, number>>;
}

/** An example whose README shows figures of its run. */
export interface Figured {
  /** Name of its folder, and in `docs/figures.json`. */
  readonly name: string;
  /** The README that shows them, in the repository. */
  readonly readme: string;
  /** What a run prints, as figures; throws for what it does not know. */
  read(printed: string): Readonly<Record<string, number>>;
  /** The part of its README. */
  text(figures: Figures): string;
}

/** Which kernels a program's first line names: the same ones give the same bits. */
export function computedBy(printed: string): string {
  const [, build] = /training kernels \(([\w-]+)\)/.exec(printed) ?? [];
  if (build === undefined)
    throw new Error(`figures: expected a first line that names the kernels, got ${printed}`);
  return `Node ${process.versions.node}, ${build}`;
}

/**
 * A README with the part that `<!-- figures -->` and `<!-- end -->` enclose written anew.
 *
 * @throws Error if it has no such part.
 */
export function fillFigures(readme: string, text: string): string {
  const part = /<!-- figures -->\n[\s\S]*?<!-- end -->/;
  if (!part.test(readme)) throw new Error("figures: expected <!-- figures --> … <!-- end --> in the README");
  return readme.replace(part, () => `<!-- figures -->\n\n${text}\n\n<!-- end -->`);
}
