/** Most edits of a typing error: a third of the word, at least one. */
const mostEdits = (word: string): number => Math.max(1, Math.floor(word.length / 3));

/**
 * Returns `"; did you mean 'learningRate'?"` for the known name nearest to a word, or `""` if none is near.
 *
 * Near is, in this order: the same letters in another case, the initials of a name (`lr` for `learningRate`, `wd` for
 * `weight-decay`), a name that begins with the word (`dropPath` for `dropPathRate`), a name within a few edits, a name that
 * contains the word or is contained in it.
 *
 * @example
 * console.log(suggestion("lr", ["epsilon", "learningRate"])); // ; did you mean 'learningRate'?
 */
export function suggestion(word: string, names: readonly string[]): string {
  const found = nearest(word, names);
  return found === undefined ? "" : `; did you mean '${found}'?`;
}

function nearest(word: string, names: readonly string[]): string | undefined {
  const low = letters(word);
  const same = names.find((name) => letters(name) === low);
  if (same !== undefined) return same;
  if (low.length >= 2) {
    const abbreviated = names.find((name) => initials(name) === low);
    if (abbreviated !== undefined) return abbreviated;
  }
  if (low.length >= 4) {
    const begun = names.filter((name) => letters(name).startsWith(low));
    if (begun.length > 0) return begun.reduce((best, one) => (one.length < best.length ? one : best));
  }
  const [best, edits] = names
    .map((name) => [name, editDistance(low, letters(name))] as const)
    .reduce((best, one) => (one[1] < best[1] ? one : best), ["", Number.POSITIVE_INFINITY]);
  if (edits <= mostEdits(low)) return best;
  return names.find((name) => {
    const [short, long] = [low, letters(name)].sort((a, b) => a.length - b.length) as [string, string];
    return short.length >= 3 && long.includes(short);
  });
}

/** Lower case without hyphens and underscores. */
const letters = (name: string): string => name.toLowerCase().replace(/[-_]/g, "");

/** Initials of the words: `learningRate`, `learning-rate` → `lr`. */
const initials = (name: string): string =>
  name
    .split(/[-_]|(?=[A-Z])/)
    .map((part) => part.charAt(0))
    .join("")
    .toLowerCase();

/** Counts the letters to insert, delete, replace or swap with their neighbor (optimal string alignment). */
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
