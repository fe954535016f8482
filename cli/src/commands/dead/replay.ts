import { readFile } from 'node:fs/promises';
import { createTransactionalProducer } from '@tidemark/kafka';
import { CodedError } from '@tidemark/runtime';
import { placeOf } from '@tidemark/wire';
import { type CommandContext, settingsOf, withKafka } from '../../command.ts';
import { matches, type Where } from '../../dead/filter.ts';
import { findLetter } from '../../dead/find-letter.ts';
import { prepareReplay } from '../../dead/prepare.ts';
import { ReplayedLetters, ReplaySelection, type ReplaySelectionOptions } from '../../dead/replay-selection.ts';
import { sendReplays } from '../../dead/replayer.ts';
import { type ScanOptions, type StoredLetter, scanDeadLetters } from '../../dead/scan.ts';
import { note, print } from '../../output.ts';
import { type FilterOptions, filterOf } from './options.ts';
import { destinationOf, judgingSchema } from './show.ts';

interface ReplayOptions extends FilterOptions {
  with?: string;
  all?: boolean;
  limit: number;
  dryRun?: boolean;
}

export async function replay({ signal }: CommandContext, wheres: Where[], options: ReplayOptions): Promise<void> {
  requireChoice(wheres, options);
  const corrected = options.with === undefined ? null : await readCorrected(options.with);
  const settings = settingsOf(judgingSchema);
  await withKafka(settings, async (client) => {
    const producer = createTransactionalProducer(client, `tidemark-dead-replay-${client.topicName('swaps.dead')}`);
    try {
      // First: what another one had under way has then ended, and is seen.
      if (!options.dryRun) await producer.connect();
      const destination = await destinationOf(client, settings.MAX_RECORD_BYTES);
      const prepare = (letter: StoredLetter) => prepareReplay(letter, corrected, destination);
      const selection = await select({ client, signal }, wheres, options, prepare);
      if (options.dryRun)
        for (const { letter, record } of selection.ready)
          print(`${placeOf(letter)} would be sent to partition ${record.partition}`);
      else
        await sendReplays(producer, destination.topic, selection.ready, {
          signal,
          onSent: ({ letter, to }) => print(`${placeOf(letter)} was sent to ${to}`),
        });
      report(selection, options);
    } finally {
      await producer.close();
    }
  });
}

/** @throws CodedError the first refusal's code */
function report({ ready, refused, hasMore }: ReplaySelection, { limit }: ReplayOptions): void {
  if (ready.length === 0 && refused.length === 0) note('nothing is left to replay');
  if (hasMore) note(`there are more than ${limit}: run it again for the next ones`);
  for (const { code, message } of refused) note(`${code}: ${message}`);
  if (refused.length > 0) throw new CodedError(refused[0]!.code, `${refused.length} could not be sent`);
}

function requireChoice(wheres: Where[], options: ReplayOptions): void {
  const { code, topic, partition, since, all } = options;
  const hasFilter = [code, topic, partition, since, all].some((given) => given !== undefined);
  if (wheres.length === 0 && !hasFilter)
    throw new CodedError('OPTION_INVALID', 'name records as <partition>@<offset>, or which by --code, ..., or --all');
  if (wheres.length > 0 && [code, partition, since, all].some((given) => given !== undefined))
    throw new CodedError('OPTION_INVALID', 'records are named, so --code, --partition, --since and --all say nothing');
  if (options.with !== undefined && wheres.length !== 1)
    throw new CodedError('OPTION_INVALID', '--with is for one record, named as <partition>@<offset>');
}

async function readCorrected(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CodedError('OPTION_INVALID', `--with ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** @throws CodedError DEAD_LETTER_UNKNOWN, DEAD_LETTERS_TOO_MANY */
async function select(
  scan: Omit<ScanOptions, 'partition'>,
  wheres: Where[],
  options: ReplayOptions,
  prepare: ReplaySelectionOptions['prepare'],
): Promise<ReplaySelection> {
  const { limit, topic, partition } = options;
  if (wheres.length > 0) {
    const selection = new ReplaySelection({ limit: wheres.length, isReplayed: () => false, prepare });
    for (const where of wheres) {
      const { letter, replayedTo } = await findLetter(scan, where, { topic });
      if (replayedTo === null) selection.add(letter);
      else note(`${placeOf(letter)} was replayed before, to ${replayedTo}`);
    }
    return selection;
  }
  // Marks before letters: read in one go, letters that were replayed would take places until their marks come.
  const replayed = new ReplayedLetters();
  await scanDeadLetters({ ...scan, partition }, { mark: ({ letterId }) => replayed.add(letterId) });
  const filter = filterOf(options);
  const selection = new ReplaySelection({ limit, isReplayed: ({ id }) => replayed.has(id), prepare });
  await scanDeadLetters(
    { ...scan, partition },
    {
      letter: (letter) => {
        if (matches(filter, letter)) selection.add(letter);
      },
    },
  );
  return selection;
}
