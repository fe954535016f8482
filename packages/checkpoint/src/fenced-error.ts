import { CodedError } from '@tidemark/runtime';
import type { Ownership } from './checkpoint.ts';
import { name } from './integrity.ts';

/** FENCED: the partition is not at the owner and the offset that the caller believed. Nothing was stored. */
export class FencedError extends CodedError {
  /** The epoch that the caller owned the partition at. */
  readonly ownEpoch: number;
  /** The epoch that was found; null when there is no row. */
  readonly foundEpoch: number | null;

  constructor({ key, epoch }: Ownership, found: { epoch: number; nextOffset: number } | null) {
    const now = found ? `epoch ${found.epoch} at offset ${found.nextOffset}` : 'no row';
    super('FENCED', `${name(key)}: owned at epoch ${epoch}, found ${now}`);
    this.ownEpoch = epoch;
    this.foundEpoch = found?.epoch ?? null;
  }
}
