import { type CommandContext, kafkaSchema, settingsOf, withKafka } from '../../command.ts';
import { LetterList, type ListedLetter } from '../../dead/letter-list.ts';
import { scanDeadLetters } from '../../dead/scan.ts';
import { type Column, note, print, printable, printJson, table } from '../../output.ts';
import { type FilterOptions, filterOf } from './options.ts';

interface ListOptions extends FilterOptions {
  limit: number;
  json?: boolean;
}

export async function list({ signal }: CommandContext, options: ListOptions): Promise<void> {
  const found = new LetterList(filterOf(options), options.limit);
  await withKafka(settingsOf(kafkaSchema), (client) =>
    scanDeadLetters(
      { client, partition: options.partition, signal },
      { letter: (letter) => found.letter(letter), mark: (mark) => found.mark(mark) },
    ),
  );
  const { counts, letters, isInexact } = found;
  if (options.json) return printJson({ counts, isInexact, letters: letters.map(dated) });
  if (letters.length === 0) return note('no dead letters');
  print(table(counts, countColumns));
  print(`\n${table(letters, letterColumns)}`);
  if (isInexact)
    note('there are more than can be remembered: repeats may be counted, and replayed letters not be known as such');
}

function dated({ rejectedAtMs, ...letter }: ListedLetter) {
  return { ...letter, rejectedAt: new Date(rejectedAtMs).toISOString() };
}

const countColumns: Column<{ code: string; letters: number }>[] = [
  { title: 'CODE', value: ({ code }) => code },
  { title: 'LETTERS', value: ({ letters }) => String(letters), align: 'right' },
];

const longestReason = 80;

const letterColumns: Column<ListedLetter>[] = [
  { title: 'WHERE', value: ({ partition, offset }) => `${partition}@${offset}` },
  { title: 'TOPIC', value: ({ topic }) => printable(topic) },
  { title: 'REJECTED', value: ({ rejectedAtMs }) => new Date(rejectedAtMs).toISOString() },
  { title: 'REPLAYED TO', value: ({ replayedTo }) => replayedTo ?? '-' },
  { title: 'CODE', value: ({ code }) => code },
  { title: 'REASON', value: ({ reason }) => printable(shortened(reason)).replaceAll('\n', ' ') },
];

function shortened(text: string): string {
  return text.length > longestReason ? `${text.slice(0, longestReason)}…` : text;
}
