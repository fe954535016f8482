interface Figures {
  trades: number;
  volumeUsd: string;
  traders: number;
  change: string | null;
}

interface StatsFrame {
  type: string;
  token?: string;
  symbol?: string | null;
  price?: string | null;
  asOf?: number;
  windows?: Record<string, Figures>;
  items?: StatsFrame[];
  [field: string]: unknown;
}

/** A frame of the stream as lines for a person; frames of figures show each window, others their fields. */
export function frameLines(text: string): string[] {
  const frame = JSON.parse(text) as StatsFrame;
  if (frame.items) return frame.items.map(statsLine);
  // An ack has windows too: a list of names.
  if (frame.windows && !Array.isArray(frame.windows)) return [statsLine(frame)];
  const { type, ...fields } = frame;
  const shown = Object.entries(fields).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [`${type.padEnd(8)} ${shown.join('  ')}`.trimEnd()];
}

function statsLine({ type, token, symbol, price, asOf, windows = {} }: StatsFrame): string {
  const at = asOf === undefined ? '' : `${new Date(asOf).toISOString().slice(11, 23)}  `;
  const figures = Object.entries(windows).map(
    ([window, { trades, volumeUsd, traders, change }]) =>
      `${window}: ${trades} trades, ${volumeUsd} USD, ${traders} traders, change ${change ?? '-'}`,
  );
  return `${type.padEnd(8)} ${at}${symbol ?? token}  ${price ?? '-'} USD  |  ${figures.join('  |  ')}`;
}
