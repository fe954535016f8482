interface Row {
  what: string;
  result: string;
  seconds: number;
  passed: boolean;
}

/** The steps of a run, in their order, with what each found. */
export class RunTable {
  readonly #rows: Row[] = [];
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Takes a step, and notes what it says; one that fails is noted and rejects. */
  readonly step = async (what: string, action: () => Promise<string>): Promise<void> => {
    this.#print(`${what} ...`);
    const startedMs = performance.now();
    const add = (passed: boolean, result: string) =>
      this.add({ what, result, passed, seconds: (performance.now() - startedMs) / 1_000 });
    try {
      add(true, await action());
    } catch (error) {
      add(false, (error as Error).message.split('\n', 1)[0]!);
      throw error;
    }
  };

  /** Notes what was measured elsewhere. */
  add(row: Row): void {
    this.#rows.push(row);
  }

  get passed(): boolean {
    return this.#rows.length > 0 && this.#rows.every(({ passed }) => passed);
  }

  /** The steps in aligned columns. */
  toString(): string {
    const cells = [
      ['', 'WHAT', 'SECONDS', 'RESULT'],
      ...this.#rows.map(({ what, result, seconds, passed }) => [
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
}

export type Step = RunTable['step'];
