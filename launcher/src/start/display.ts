import { setTimeout as sleep } from 'node:timers/promises';
import { busiestTokens } from './busiest-tokens.ts';
import { summaryLine, tableLines } from './table.ts';

const tableRefreshMs = 1_000;
const tableRows = 10;
const summaryEveryMs = 30_000;
const summaryTokens = 3;

/** The launcher's output: lines, and on a terminal a table below them that is redrawn in place. */
export class Display {
  readonly #startedMs = performance.now();
  readonly #output: NodeJS.WriteStream;
  #table: string[] = [];

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  /** A line with the seconds since the start. */
  step(message: string): void {
    this.line(`${this.seconds().padStart(7)} s  ${message}`);
  }

  line(text: string): void {
    this.#write(`${this.#erase()}${text}\n${this.#drawn()}`);
  }

  seconds(): string {
    return ((performance.now() - this.#startedMs) / 1_000).toFixed(1);
  }

  /** Shows what is traded until the signal is raised: as a table on a terminal, else as a line now and then. */
  async showTokens(api: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const tokens = await busiestTokens(api, this.#output.isTTY ? tableRows : summaryTokens);
      if (signal.aborted) break;
      if (tokens && this.#output.isTTY) this.#redraw(tableLines(tokens, this.#output.columns));
      else if (tokens) this.step(summaryLine(tokens));
      const pause = this.#output.isTTY ? tableRefreshMs : summaryEveryMs;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
    this.#redraw([]);
  }

  #redraw(table: string[]): void {
    const erase = this.#erase();
    this.#table = table;
    this.#write(`${erase}${this.#drawn()}`);
  }

  #drawn(): string {
    return this.#table.map((text) => `${text}\n`).join('');
  }

  /** Moves to the first line of the table and clears from there on. */
  #erase(): string {
    return this.#table.length === 0 ? '' : `\u001B[${this.#table.length}A\u001B[0J`;
  }

  #write(text: string): void {
    this.#output.write(text);
  }
}
