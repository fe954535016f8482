import { emptyWindow } from '@tidemark/domain';
import type { StatsRecord, Version } from '@tidemark/wire';

export type FrameKind = 'snapshot' | 'update';

/** The windows of a subscription: those named, or null for all. Equal selections have equal keys. */
export interface Selection {
  key: string;
  windows: readonly string[] | null;
}

export const allWindows: Selection = { key: '', windows: null };

export function selectWindows(windows: readonly string[] | undefined): Selection {
  if (windows === undefined) return allWindows;
  const distinct = [...new Set(windows)].toSorted();
  return { key: distinct.join(), windows: distinct };
}

/** The newest value of one token, and its frames: each is serialised at its first use and shared by all who get it. */
export class TokenState {
  readonly token: string;
  readonly partition: number;
  /** Rises from token to token: where a scan over all of them has come to. */
  readonly order: number;
  /** True when the token has left the aggregator's memory: its figures are zero until it trades again. */
  forgotten = false;
  #version: Version;
  #json: string;
  readonly #frames = new Map<string, Buffer>();

  /** @param json the record as it was published */
  constructor(token: string, partition: number, order: number, version: Version, json: string) {
    this.token = token;
    this.partition = partition;
    this.order = order;
    this.#version = version;
    this.#json = json;
  }

  get version(): Version {
    return this.#version;
  }

  replace(version: Version, json: string): void {
    this.#version = version;
    this.#json = json;
    this.forgotten = false;
    this.#frames.clear();
  }

  /** Makes every figure zero, as of `version`. */
  forget(version: Version, windows: readonly string[]): void {
    const { token, symbol, name } = JSON.parse(this.#json) as StatsRecord;
    this.replace(version, zeroRecord({ token, symbol, name, version, windows }));
    this.forgotten = true;
  }

  /** The record with the windows of the selection, as JSON. */
  item(selection: Selection): string {
    if (selection.windows === null) return this.#json;
    const record = JSON.parse(this.#json) as StatsRecord;
    const windows = selection.windows.flatMap((window) => {
      const figures = record.windows[window];
      return figures === undefined ? [] : [[window, figures] as const];
    });
    return JSON.stringify({ ...record, windows: Object.fromEntries(windows) });
  }

  frame(kind: FrameKind, selection: Selection): Buffer {
    const key = `${kind} ${selection.key}`;
    let frame = this.#frames.get(key);
    if (frame === undefined) {
      frame = Buffer.from(`{"type":"${kind}","channel":"stats",${this.item(selection).slice(1)}`);
      this.#frames.set(key, frame);
    }
    return frame;
  }
}

interface ZeroRecordOptions {
  token: string;
  symbol: string | null;
  name: string | null;
  version: Version;
  windows: readonly string[];
}

/** The record, as JSON, of a token with nothing in any window. */
export function zeroRecord({ token, symbol, name, version, windows }: ZeroRecordOptions): string {
  const record: StatsRecord = {
    token,
    symbol,
    name,
    version,
    asOf: version[3],
    price: null,
    windows: Object.fromEntries(windows.map((window) => [window, emptyWindow()])),
  };
  return JSON.stringify(record);
}
