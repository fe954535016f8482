import { type BusyToken, tableWindow } from './busiest-tokens.ts';

const columns = [
  { title: 'token', width: 12, isText: true },
  { title: 'price USD', width: 14, isText: false },
  { title: 'change', width: 9, isText: false },
  { title: 'volume USD', width: 16, isText: false },
  { title: 'trades', width: 8, isText: false },
  { title: 'traders', width: 8, isText: false },
] as const;

/** The table as lines no wider than the terminal. */
export function tableLines(tokens: BusyToken[], terminalColumns: number): string[] {
  const rows = tokens.map((token) => [
    token.symbol ?? token.token,
    price(token.price),
    percent(token.change),
    money(token.volumeUsd),
    String(token.trades),
    String(token.traders),
  ]);
  return [
    '',
    `The busiest tokens, last ${tableWindow}`,
    line(columns.map(({ title }) => title)),
    ...(rows.length === 0 ? ['  no trades yet'] : rows.map(line)),
  ].map((text) => text.slice(0, terminalColumns));
}

/** One line of the same, for an output that is no terminal. */
export function summaryLine(tokens: BusyToken[]): string {
  const shown = tokens.map(
    ({ symbol, token, volumeUsd, trades }) => `${symbol ?? token} ${money(volumeUsd)} USD in ${trades} trades`,
  );
  return `last ${tableWindow}: ${shown.join(', ') || 'no trades'}`;
}

function line(cells: string[]): string {
  return columns
    .map(({ width, isText }, i) => {
      const cell = cells[i] ?? '';
      const cut = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
      return isText ? cut.padEnd(width) : cut.padStart(width);
    })
    .join(' ');
}

const wholeNumbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const percents = new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: 'exceptZero',
});
const significant = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 });

function money(value: string): string {
  return wholeNumbers.format(Number(value));
}

function price(value: string | null): string {
  return value === null ? '-' : significant.format(Number(value));
}

function percent(value: string | null): string {
  if (value === null) return '-';
  return `${percents.format(Number(value) * 100)} %`;
}
