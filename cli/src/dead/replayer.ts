import type { OutgoingRecord, TransactionalProducer } from '@tidemark/kafka';
import { placeOf, replayMark } from '@tidemark/wire';
import type { StoredLetter } from './scan.ts';

export interface PreparedReplay {
  letter: StoredLetter;
  record: OutgoingRecord;
}

export interface Replayed {
  letter: StoredLetter;
  /** Where the record stands now. */
  to: string;
}

/** One transaction sends so many letters at most; each is 64 KiB at most. */
const lettersTogether = 100;

/**
 * Sends each record together with the mark that says so, in one transaction: after whatever happens both are there, or neither. The
 * mark stands in the partition of its letter and behind it, so retention takes the letter first.
 */
export async function sendReplays(
  producer: TransactionalProducer,
  topic: string,
  replays: readonly PreparedReplay[],
  { signal, onSent }: { signal: AbortSignal; onSent(replayed: Replayed): void },
): Promise<void> {
  for (let start = 0; start < replays.length; start += lettersTogether) {
    signal.throwIfAborted();
    const together = replays.slice(start, start + lettersTogether);
    let sent: Replayed[] = [];
    await producer.transact(async (send) => {
      const offsets = await send(together.map(({ record }) => record));
      sent = together.map(({ letter, record: { partition } }, at) => ({
        letter,
        to: placeOf({ topic, partition, offset: offsets[at]! }),
      }));
      await send(
        sent.map(({ letter, to }) => ({
          topic: 'swaps.dead',
          partition: letter.partition,
          ...replayMark({ letterId: letter.id, to }),
        })),
      );
    });
    for (const one of sent) onSent(one);
  }
}
