import { countingSettings } from '@tidemark/checkpoint';
import { type KafkaClient, kafkaSettings } from '@tidemark/kafka';
import { z } from 'zod';
import { type CommandContext, settingsOf, withKafka } from '../../command.ts';
import { describeLetter, letterText } from '../../dead/describe.ts';
import type { Where } from '../../dead/filter.ts';
import { findLetter } from '../../dead/find-letter.ts';
import type { Destination } from '../../dead/prepare.ts';
import { note, print, printJson } from '../../output.ts';

interface ShowOptions {
  topic?: string;
  raw?: boolean;
  json?: boolean;
}

/** What judging a record takes, beside Kafka. */
export const judgingSchema = z.object({ ...kafkaSettings, MAX_RECORD_BYTES: countingSettings.MAX_RECORD_BYTES });

export async function destinationOf(client: KafkaClient, maxRecordBytes: number): Promise<Destination> {
  return {
    topic: client.topicName('swaps'),
    partitionCount: await client.partitionCount('swaps'),
    maxRecordBytes,
    nowMs: Date.now(),
  };
}

export async function show({ signal }: CommandContext, where: Where, options: ShowOptions): Promise<void> {
  const settings = settingsOf(judgingSchema);
  await withKafka(settings, async (client) => {
    const { letter, replayedTo } = await findLetter({ client, signal }, where, { topic: options.topic });
    if (options.raw) {
      if (letter.cut.value) note(`only the first ${letter.value?.length} of ${letter.cut.value.length} bytes are left`);
      process.stdout.write(letter.value ?? '');
      return;
    }
    const described = describeLetter(letter, replayedTo, await destinationOf(client, settings.MAX_RECORD_BYTES));
    if (options.json) printJson(described);
    else print(letterText(described));
  });
}
