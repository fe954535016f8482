/** What one window of one token holds at the read moment. Money and amounts are decimal strings; null is "none". */
export interface WindowStatistics {
  trades: number;
  buys: number;
  sells: number;
  volumeUsd: string;
  buyUsd: string;
  sellUsd: string;
  volume: string;
  buyVolume: string;
  sellVolume: string;
  traders: number;
  buyers: number;
  sellers: number;
  open: string | null;
  high: string | null;
  low: string | null;
  close: string | null;
  vwap: string | null;
  change: string | null;
}

export interface TokenStatistics {
  token: string;
  symbol: string | null;
  name: string | null;
  /** The close of the longest window. */
  price: string | null;
  windows: Record<string, WindowStatistics>;
}

/** The statistics of a known token with nothing inside the window. */
export function emptyWindow(): WindowStatistics {
  return {
    trades: 0,
    buys: 0,
    sells: 0,
    volumeUsd: '0',
    buyUsd: '0',
    sellUsd: '0',
    volume: '0',
    buyVolume: '0',
    sellVolume: '0',
    traders: 0,
    buyers: 0,
    sellers: 0,
    open: null,
    high: null,
    low: null,
    close: null,
    vwap: null,
    change: null,
  };
}
