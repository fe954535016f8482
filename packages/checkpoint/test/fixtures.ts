import { isCoded } from '@tidemark/runtime';
import type { Checkpoint, CheckpointStore, Counting, PartitionKey } from '../src/checkpoint.ts';
import type { RebuildStore } from '../src/rebuild.ts';

export const counting: Counting = { rulesHash: 'rules', partitionCount: 12, startOffset: 100 };
export const codecs = [1];
let groups = 0;

/** A partition in a group that no other test uses. */
export function freshKey(): PartitionKey {
  return { groupId: `group-${groups++}`, topic: 'swaps', partition: 0 };
}

export function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

export function checkpoint(from: number, to: number, more: Partial<Checkpoint> = {}): Checkpoint {
  return {
    from,
    to,
    codec: 1,
    delta: bytes(`applied ${from}..${to}`),
    head: { watermarkMs: to },
    lastRecord: { offset: to - 1, appendTimeMs: 1_700_000_000_000, hash: 'abc' },
    shards: [],
    replayFrom: 100,
    candles: [],
    tokens: [],
    ...more,
  };
}

export function coded(...codes: Parameters<typeof isCoded>[1][]): (error: unknown) => boolean {
  return (error) => isCoded(error, ...codes);
}

export interface CandleRow {
  token: string;
  minuteMs: number;
  generation: number;
  trades: number;
}

export interface StoreUnderTest {
  store: CheckpointStore & RebuildStore;
  /** The candles that readers of the partition see: those of no generation that does not serve yet. */
  candles(groupId: string, upToGeneration: number): Promise<CandleRow[]>;
}
