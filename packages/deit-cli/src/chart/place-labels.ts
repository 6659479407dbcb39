/**
 * Places of labels in a column that do not overlap, with the least sum of squared distances from where they belong.
 *
 * Labels that are too close become a block, around the mean of their wishes (isotonic regression of the wishes less the labels above
 * them, by pooling adjacent violators: Barlow et al. 1972, "Statistical Inference under Order Restrictions").
 *
 * @param wishes - Where each label's middle belongs.
 * @param height - Least distance of two middles.
 * @param bounds - Ends of the column for middles; kept to where all labels have room between them.
 * @returns Middles in the order of `wishes`.
 */
export function placeLabels(
  wishes: readonly number[],
  height: number,
  { low, high }: { readonly low: number; readonly high: number },
): number[] {
  const order = wishes.map((_, i) => i).sort((a, b) => wishes[a]! - wishes[b]! || a - b);
  const blocks: { sum: number; count: number }[] = [];
  const mean = (block: { sum: number; count: number }): number => block.sum / block.count;
  for (const [rank, i] of order.entries()) {
    let block = { sum: wishes[i]! - rank * height, count: 1 };
    while (blocks.length > 0 && mean(blocks.at(-1)!) > mean(block)) {
      const above = blocks.pop()!;
      block = { sum: above.sum + block.sum, count: above.count + block.count };
    }
    blocks.push(block);
  }
  const end = Math.max(low, high - (wishes.length - 1) * height);
  const starts = blocks.flatMap((block) => new Array<number>(block.count).fill(mean(block)));
  const places = new Array<number>(wishes.length);
  for (const [rank, i] of order.entries())
    places[i] = Math.max(low, Math.min(end, starts[rank]!)) + rank * height;
  return places;
}
