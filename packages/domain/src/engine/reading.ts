import type { TokenStatistics, WindowStatistics } from '../statistics.ts';
import { emptyWindow } from '../statistics.ts';
import { sumAmounts, sumUsd } from './candles.ts';
import { AMOUNT_LIMBS, formatLimbs, LIMB_BASE, limbsToBigInt, USD_LIMBS } from './limbs.ts';
import type { LiveStore } from './live-store.ts';
import { changeBetween, dividePrice, formatPrice } from './price.ts';
import {
  BUY_AMOUNT,
  BUY_USD,
  BUYS,
  CLOSE,
  HIGH,
  LAST_BUYERS,
  LAST_SELLERS,
  LAST_TRADERS,
  LOW,
  OPEN,
  PRICED,
  PRICED_AMOUNT,
  PRICED_USD,
  type Rows,
  SELL_AMOUNT,
  SELL_USD,
  TRADES,
} from './rows.ts';
import type { Series } from './series.ts';
import type { WindowShape } from './shape.ts';
import type { Memory, TokenState } from './token-state.ts';
import type { WindowView } from './window-view.ts';

/** The statistics of a token at a moment. */
export function readStatistics(state: TokenState, tMs: number, memory: Memory): TokenStatistics {
  const { shape } = memory;
  const views = state.viewsAt(tMs);
  const windows: Record<string, WindowStatistics> = {};
  let price: string | null = null;
  for (let w = 0; w < shape.windows.length; w += 1) {
    const window = shape.windows[w]!;
    const statistics = readWindow(state, window, views[w]!, memory);
    windows[window.name] = statistics;
    if (window === shape.longest) price = statistics.close;
  }
  return { token: state.token, symbol: state.symbol, name: state.name, price, windows };
}

function readWindow(state: TokenState, window: WindowShape, view: WindowView, memory: Memory): WindowStatistics {
  const { rows } = memory;
  const page = rows.page(view.row);
  const at = rows.at(view.row);
  const trades = page[at + TRADES]!;
  const statistics = emptyWindow();
  if (trades === 0) return statistics;
  const series = state.series[window.series]!;
  statistics.trades = trades;
  statistics.buys = page[at + BUYS]!;
  statistics.sells = trades - statistics.buys;
  statistics.volumeUsd = sumUsd(page, at + BUY_USD, at + SELL_USD);
  statistics.buyUsd = formatLimbs(page, at + BUY_USD, USD_LIMBS, 6);
  statistics.sellUsd = formatLimbs(page, at + SELL_USD, USD_LIMBS, 6);
  statistics.volume = sumAmounts(page, at + BUY_AMOUNT, at + SELL_AMOUNT);
  statistics.buyVolume = formatLimbs(page, at + BUY_AMOUNT, AMOUNT_LIMBS, 18);
  statistics.sellVolume = formatLimbs(page, at + SELL_AMOUNT, AMOUNT_LIMBS, 18);
  statistics.traders = page[at + LAST_TRADERS]!;
  statistics.buyers = page[at + LAST_BUYERS]!;
  statistics.sellers = page[at + LAST_SELLERS]!;
  if (series.numberAt(series.length - 1) > view.head) addTradersAhead(state, window, view, memory.store, statistics);
  if (page[at + PRICED]! > 0) readPrices(series, view, rows, statistics);
  return statistics;
}

/**
 * A trader whose last trade lies ahead of the window is not among those whose last trade lies inside it, though an
 * earlier one may. Swaps ahead of a read moment are all live, so their traders can be asked one by one.
 */
function addTradersAhead(
  state: TokenState,
  window: WindowShape,
  view: WindowView,
  store: LiveStore,
  statistics: WindowStatistics,
): void {
  const endMs = (view.head + 1) * window.resolutionMs;
  const startMs = (view.tail + 1) * window.resolutionMs;
  const buyers = new Set<number>();
  const sellers = new Set<number>();
  for (let i = state.live.length - 1; i >= 0; i -= 1) {
    const handle = state.live.at(i);
    if (store.timestampMs(handle) < endMs) break;
    if (store.isCounted(handle)) (store.isBuy(handle) ? buyers : sellers).add(store.trader(handle));
  }
  for (const trader of new Set([...buyers, ...sellers])) {
    const { buyMs, sellMs } = state.traders.lastBefore(trader, endMs);
    if (buyers.has(trader) && buyMs >= startMs) statistics.buyers += 1;
    if (sellers.has(trader) && sellMs >= startMs) statistics.sellers += 1;
    if (Math.max(buyMs, sellMs) >= startMs) statistics.traders += 1;
  }
}

const vwap = { hi: 0, lo: 0 };

function readPrices(series: Series, view: WindowView, rows: Rows, statistics: WindowStatistics): void {
  view.findExtremes(series, rows);
  const page = rows.page(view.row);
  const at = rows.at(view.row);
  const first = firstPriced(series, view, rows);
  const last = lastPriced(series, view, rows);
  const openPage = rows.page(first);
  const openAt = rows.at(first) + OPEN;
  const closePage = rows.page(last);
  const closeAt = rows.at(last) + CLOSE;
  statistics.open = formatPrice(openPage[openAt]!, openPage[openAt + 1]!);
  statistics.high = formatPrice(page[at + HIGH]!, page[at + HIGH + 1]!);
  statistics.low = formatPrice(page[at + LOW]!, page[at + LOW + 1]!);
  statistics.close = formatPrice(closePage[closeAt]!, closePage[closeAt + 1]!);
  statistics.change = changeBetween(
    openPage[openAt]!,
    openPage[openAt + 1]!,
    closePage[closeAt]!,
    closePage[closeAt + 1]!,
  );
  dividePrice(
    limbsToBigInt(page, at + PRICED_USD, USD_LIMBS),
    limbsToBigInt(page, at + PRICED_AMOUNT, AMOUNT_LIMBS),
    approximate(page, at + PRICED_USD, USD_LIMBS) / approximate(page, at + PRICED_AMOUNT, AMOUNT_LIMBS),
    vwap,
  );
  statistics.vwap = formatPrice(vwap.hi, vwap.lo);
}

/** The first bucket of the window with a priced trade; there is one. */
function firstPriced(series: Series, view: WindowView, rows: Rows): number {
  let i = series.indexFrom(view.tail + 1);
  while (rows.page(series.handleAt(i))[rows.at(series.handleAt(i)) + PRICED] === 0) i += 1;
  return series.handleAt(i);
}

function lastPriced(series: Series, view: WindowView, rows: Rows): number {
  let i = series.indexFrom(view.head + 1) - 1;
  while (rows.page(series.handleAt(i))[rows.at(series.handleAt(i)) + PRICED] === 0) i -= 1;
  return series.handleAt(i);
}

function approximate(page: Float64Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i -= 1) value = value * LIMB_BASE + page[at + i]!;
  return value;
}
