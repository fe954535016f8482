import { CodedError, catalogue, exitCodeOf } from '@tidemark/runtime';

/** Data of a command, on standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** What a person should know beside the data, on standard error. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Text of others, without what a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(
    /[^\P{Cc}\n\t]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Says what went wrong, with the code and the remedy where there are, and sets the exit code. */
export function printError(error: unknown): void {
  process.exitCode = exitCodeOf(error);
  if (!(error instanceof CodedError)) {
    note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return;
  }
  note(`${error.code}: ${error.message}`);
  note(catalogue[error.code].remedy);
}

export interface Column<Row> {
  title: string;
  value: (row: Row) => string;
  align?: 'left' | 'right';
}

/** Rows under aligned titles, two spaces between columns. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ value }) => value(row)))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]!.length)));
  return cells
    .map((line) =>
      line
        .map((cell, at) => (columns[at]!.align === 'right' ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
