export interface Column<Row> {
  title: string;
  value: (row: Row) => string;
  align?: 'left' | 'right';
}

/** A table in Markdown; numbers are to be aligned right. */
export function formatMarkdownTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  return [
    tableLine(columns.map(({ title }) => title)),
    tableLine(columns.map(({ align }) => (align === 'right' ? '--:' : '---'))),
    ...rows.map((row) => tableLine(columns.map(({ value }) => value(row).replaceAll('|', '\\|')))),
  ].join('\n');
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

export interface BlockName {
  name: string;
  command: string;
}

/** A block of a document that `command` writes from data, between two comments that name it. */
export function replaceBlock(document: string, { name, command }: BlockName, content: string): string {
  const begin = `<!-- ${name}: written by \`${command}\` -->`;
  const end = `<!-- ${name}: end -->`;
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document lacks "${begin}" followed by "${end}"`);
  return `${document.slice(0, from + begin.length)}\n\n${content.trim()}\n\n${document.slice(to)}`;
}
