const answerTimeoutMs = 2_000;

export interface BusyToken {
  token: string;
  symbol: string | null;
  price: string | null;
  trades: number;
  volumeUsd: string;
  traders: number;
  change: string | null;
}

interface Answer {
  items: {
    token: string;
    symbol?: string | null;
    price: string | null;
    windows: Record<string, Pick<BusyToken, 'trades' | 'volumeUsd' | 'traders' | 'change'>>;
  }[];
}

/** The window of the table. */
export const tableWindow = '5m';

/** The tokens of most volume that traded in the last five minutes; undefined while the API does not answer. */
export async function busiestTokens(api: string, limit: number): Promise<BusyToken[] | undefined> {
  try {
    const answer = await fetch(`${api}/v1/tokens?window=${tableWindow}&sort=volumeUsd&limit=${limit}`, {
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    if (!answer.ok) return undefined;
    const { items } = (await answer.json()) as Answer;
    return items.flatMap(({ token, symbol = null, price, windows }) => {
      const figures = windows[tableWindow];
      return figures && figures.trades > 0 ? [{ token, symbol, price, ...figures }] : [];
    });
  } catch {
    return undefined;
  }
}
