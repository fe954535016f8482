import { emptyWindow } from '@tidemark/domain';
import { type Heartbeat, newerVersion, type StatsRecord, staleAfterMs, type Version } from '@tidemark/wire';

/** How current an answer is. */
export interface Freshness {
  /** The greater of the value's version and its partition's heartbeat; null when neither was ever written. */
  version: Version | null;
  /** The t of `version`, in ms: the moment that the figures are of. */
  asOf: number | null;
  /** Nobody has vouched for the partition in the last seconds. */
  stale: boolean;
}

export function freshness(value: Version | null, heartbeat: Heartbeat | null, nowMs: number): Freshness {
  const version =
    value !== null && heartbeat !== null
      ? newerVersion(value, heartbeat.version)
      : (value ?? heartbeat?.version ?? null);
  return {
    version,
    asOf: version?.[3] ?? null,
    stale: heartbeat === null || nowMs - heartbeat.reportedAt > staleAfterMs,
  };
}

const writtenFreshness = /"version":\[[\d,]+\],"asOf":\d+/;

/**
 * A record's JSON with its freshness replaced. The figures are passed on as text: they are not parsed to be written again. No
 * string inside can be taken for the place, since its quotes are escaped.
 */
export function withFreshness(json: string, fresh: Freshness): string {
  const members = `"version":${JSON.stringify(fresh.version)},"asOf":${fresh.asOf},"stale":${fresh.stale}`;
  if (writtenFreshness.test(json)) return json.replace(writtenFreshness, members);
  return JSON.stringify({ ...(JSON.parse(json) as StatsRecord), ...fresh });
}

/** The answer for a token that was counted once and has no statistics any more: every count zero, every price null. */
export function emptyAnswer(
  { token, symbol, name }: { token: string; symbol: string | null; name: string | null },
  windows: readonly string[],
  fresh: Freshness,
): string {
  return JSON.stringify({
    token,
    symbol,
    name,
    ...fresh,
    price: null,
    windows: Object.fromEntries(windows.map((window) => [window, emptyWindow()])),
  });
}
