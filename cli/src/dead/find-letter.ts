import { CodedError } from '@tidemark/runtime';
import { type LetterFilter, matches, type Where } from './filter.ts';
import { type ScanOptions, type StoredLetter, scanDeadLetters } from './scan.ts';

export interface FoundLetter {
  letter: StoredLetter;
  /** Where its record stands now, when it was replayed. */
  replayedTo: string | null;
}

/** The letter of a record; the newest one, should the topic have been made again. @throws CodedError DEAD_LETTER_UNKNOWN */
export async function findLetter(
  scan: Omit<ScanOptions, 'partition'>,
  where: Where,
  more: LetterFilter,
): Promise<FoundLetter> {
  const { partition, offset } = where;
  let newest: StoredLetter | undefined;
  let replayedTo: string | null = null;
  await scanDeadLetters(
    { ...scan, partition },
    {
      letter: (letter) => {
        if (!matches({ ...more, partition, offset }, letter)) return;
        if (letter.id !== newest?.id) replayedTo = null;
        newest = letter;
      },
      mark: ({ letterId, to }) => {
        if (letterId === newest?.id) replayedTo = to;
      },
    },
  );
  if (newest) return { letter: newest, replayedTo };
  throw new CodedError('DEAD_LETTER_UNKNOWN', `no dead letter of ${partition}@${offset}`);
}
