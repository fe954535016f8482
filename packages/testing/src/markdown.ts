/**
 * The rows of the table in a Markdown text that has these headings, cells trimmed and freed of back-quotes around them.
 * For tests that hold documentation against the code.
 */
export function markdownTable(text: string, headings: readonly string[]): string[][] {
  const rows = text.split('\n').map(cells);
  const start = rows.findIndex((row) => row?.join('|') === headings.join('|'));
  if (start < 0) throw new Error(`no table with the headings ${headings.join(', ')}`);
  const end = rows.findIndex((row, index) => index > start && row === null);
  return rows.slice(start + 2, end < 0 ? rows.length : end) as string[][];
}

/** Null for a line that is no row of a table. */
function cells(line: string): string[] | null {
  if (!line.startsWith('|')) return null;
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1'));
}
