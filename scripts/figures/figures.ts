/** The figures that the README of an example shows, as `docs/figures.json` keeps them. */
export interface Figures {
  /** Node and build of the kernels: `Node 20.20.2, simd`. Other builds round differently. */
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
  /** Figures of what a run printed. @throws Error for an unknown format. */
  read(printed: string): Readonly<Record<string, number>>;
  /** Part of its README. */
  text(figures: Figures): string;
}

/** Node and the build of the kernels, from a program's first line: the same build gives the same bits. */
export function computedBy(printed: string, node: string = process.versions.node): string {
  const [, build] = /training kernels \(([\w-]+)/.exec(printed) ?? [];
  if (build === undefined)
    throw new Error(`figures: expected a first line that names the kernels, got ${printed}`);
  return `Node ${node}, ${build}`;
}

/**
 * A README with a new part between `<!-- figures -->` and `<!-- end -->`.
 *
 * @throws Error if it has no such part.
 */
export function fillFigures(readme: string, text: string): string {
  const part = /<!-- figures -->\n[\s\S]*?<!-- end -->/;
  if (!part.test(readme)) throw new Error("figures: expected <!-- figures --> … <!-- end --> in the README");
  return readme.replace(part, () => `<!-- figures -->\n\n${text}\n\n<!-- end -->`);
}
