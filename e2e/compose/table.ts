export interface Row {
  what: string;
  result: string;
  seconds: number;
  passed: boolean;
}

/** The rows as a table of aligned columns. */
export function formatTable(rows: readonly Row[]): string {
  const cells = [
    ['', 'WHAT', 'SECONDS', 'RESULT'],
    ...rows.map(({ what, result, seconds, passed }) => [
      passed ? 'passed' : 'FAILED',
      what,
      seconds.toFixed(1),
      result,
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map(([passed, what, seconds, result]) =>
      [passed!.padEnd(widths[0]!), what!.padEnd(widths[1]!), seconds!.padStart(widths[2]!), result!].join('  '),
    )
    .join('\n');
}
