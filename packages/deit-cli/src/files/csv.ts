/** A cell of CSV, quoted where RFC 4180 asks for it: with a comma, a quote or a line break inside. */
export function csvCell(cell: string | number): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A line of CSV as RFC 4180 has it, with its end: CR and LF. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}
