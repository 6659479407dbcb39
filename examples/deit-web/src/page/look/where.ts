/** Place of a grid's highest value, in words: `in the upper left`. */
export function whereHighest(values: ArrayLike<number>, rows: number, columns: number): string {
  let best = 0;
  for (let index = 1; index < values.length; index += 1) if (values[index]! > values[best]!) best = index;
  const third = (at: number, of: number) => Math.min(2, Math.floor(((at + 0.5) / of) * 3));
  const vertical = ["upper", "", "lower"][third(Math.floor(best / columns), rows)]!;
  const horizontal = ["left", "", "right"][third(best % columns, columns)]!;
  if (vertical === "" && horizontal === "") return "in the middle";
  if (vertical === "") return `at the ${horizontal}`;
  if (horizontal === "") return vertical === "upper" ? "at the top" : "at the bottom";
  return `in the ${vertical} ${horizontal}`;
}
