/** Edits that still count as a slip of the pen: a third of the word, at least one. */
const mostEdits = (word: string): number => Math.max(1, Math.floor(word.length / 3));

/** `"; did you mean '…'?"` with the name that is spelled nearest to `word`; nothing where none is near. */
export function suggestion(word: string, names: readonly string[]): string {
  const [nearest, edits] = names
    .map((name) => [name, editDistance(word.toLowerCase(), name.toLowerCase())] as const)
    .reduce((best, one) => (one[1] < best[1] ? one : best), ["", Number.POSITIVE_INFINITY]);
  return edits <= mostEdits(word) ? `; did you mean '${nearest}'?` : "";
}

/** Letters to insert, delete, replace or swap with their neighbour (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const [row, above] = [[i], rows[i - 1]!];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? rows[i - 2]![j - 2]! + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replaced, swapped, above[j]! + 1, row[j - 1]! + 1));
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
