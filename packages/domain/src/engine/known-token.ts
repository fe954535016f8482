import { MINUTE_MS } from '../rules.ts';
import type { SwapStatus } from '../swap.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { CodecError } from './bytes.ts';
import { type JudgedToken, NO_WATERMARK, type Rank } from './judging.ts';
import { SlotQueue } from './slot-queue.ts';
import type { JournalToken } from './token-journal.ts';

const statuses: readonly SwapStatus[] = ['pending', 'confirmed', 'reverted'];

/** A token as the register knows it: its watermark, and the newest version of each id inside the lateness. */
export class KnownToken implements JudgedToken<Rank>, JournalToken {
  readonly token: string;
  readonly shard: number;
  watermarkMs = NO_WATERMARK;
  journal = 0;
  journalNumber = 0;
  readonly #latenessMs: number;
  readonly #ranks = new Map<string, Rank>();
  /** Ids by the minute of their time: which to let go of. */
  readonly #byMinute = new SlotQueue<string>();

  constructor(token: string, shard: number, latenessMs: number) {
    this.token = token;
    this.shard = shard;
    this.#latenessMs = latenessMs;
  }

  known(id: string): Rank | undefined {
    const rank = this.#ranks.get(id);
    return rank === undefined || rank.timestampMs < this.watermarkMs - this.#latenessMs ? undefined : rank;
  }

  /** Takes the newest version of an id; its watermark is raised separately. */
  take(id: string, rank: Rank): void {
    if (this.#ranks.get(id)?.timestampMs !== rank.timestampMs) {
      this.#byMinute.push(Math.floor(rank.timestampMs / MINUTE_MS), id);
    }
    this.#ranks.set(id, rank);
  }

  /** Lets go of ids that are no longer known, by whole minutes. */
  raise(timestampMs: number): void {
    if (timestampMs <= this.watermarkMs) return;
    this.watermarkMs = timestampMs;
    const end = Math.floor((timestampMs - this.#latenessMs) / MINUTE_MS);
    for (let due = this.#byMinute.takeBelow(end); due !== undefined; due = this.#byMinute.takeBelow(end)) {
      for (const id of due.items) {
        // Used again since, at another time, it is filed there.
        const rank = this.#ranks.get(id);
        if (rank && Math.floor(rank.timestampMs / MINUTE_MS) < end) this.#ranks.delete(id);
      }
    }
  }

  /** Ids and ranks as they are now, whatever comes later. */
  entries(): [string, Rank][] {
    return [...this.#ranks];
  }
}

/** The time is written relative to the base. */
export function writeRank(out: ByteWriter, id: string, { timestampMs, version, status }: Rank, baseMs: number): void {
  out.unsigned(statuses.indexOf(status) | (version === 1 ? 0 : 4));
  if (version !== 1) out.unsigned(version);
  out.text(id);
  out.time(timestampMs, baseMs);
}

export function readRank(input: ByteReader, baseMs: number): { id: string; rank: Rank } {
  const flags = input.unsigned();
  const status = statuses[flags & 3];
  if (status === undefined) throw new CodecError('a swap has an unknown status');
  const version = (flags & 4) === 0 ? 1 : input.unsigned();
  return { id: input.text(), rank: { version, status, timestampMs: input.time(baseMs) } };
}
