/**
 * Rows of text as a table with aligned columns, numbers to the right.
 *
 * @param header - One name a column.
 * @param rows - Each as long as `header`.
 */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]!.length)),
  );
  const isNumeric = header.map((_, column) => rows.every((row) => /^[\d.,%–-]*$/.test(row[column]!)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        isNumeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("   ")
      .trimEnd();
  return [line(header), widths.map((width) => "─".repeat(width)).join("───"), ...rows.map(line)].join("\n");
}
