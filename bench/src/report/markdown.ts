export interface Column<Row> {
  title: string;
  value: (row: Row) => string;
  align?: 'left' | 'right';
}

/** A table in Markdown; numbers are to be aligned right. */
export function markdownTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  return [
    tableLine(columns.map(({ title }) => title)),
    tableLine(columns.map(({ align }) => (align === 'right' ? '--:' : '---'))),
    ...rows.map((row) => tableLine(columns.map(({ value }) => value(row).replaceAll('|', '\\|')))),
  ].join('\n');
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** A block of a document that is written from data, between two comments that name it. */
export function replaceBlock(document: string, name: string, content: string): string {
  const { begin, end } = marks(name);
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document lacks "${begin}" followed by "${end}"`);
  return `${document.slice(0, from + begin.length)}\n\n${content.trim()}\n\n${document.slice(to)}`;
}

function marks(name: string): { begin: string; end: string } {
  return { begin: `<!-- ${name}: written by \`npm run bench -- report\` -->`, end: `<!-- ${name}: end -->` };
}
