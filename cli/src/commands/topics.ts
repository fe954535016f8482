import { type KafkaClient, type PartitionOffsets, topicOptions } from '@tidemark/kafka';
import { CodedError, catalogue, isCoded } from '@tidemark/runtime';
import { type TopicName, topicSpecs } from '@tidemark/wire';
import type { Command } from 'commander';
import { action, type KafkaSettings, kafkaSchema, settingsOf, withKafka } from '../command.ts';
import { print, printJson, table } from '../output.ts';

interface TopicLine {
  topic: string;
  state: 'present' | 'missing';
  partitions: number;
  /** Records between the first retained offset and the end. */
  records: number;
}

export function addTopics(program: Command): void {
  const topics = program.command('topics').description('create, check and list the topics');
  topics
    .command('create')
    .description('create the topics that are missing, and check those that exist; may be run at any time')
    .option('--json', 'print data')
    .action(action((_, options: { json?: boolean }) => create(options)));
  topics
    .command('check')
    .description('compare the topics on the brokers with what Tidemark needs; changes nothing')
    .action(action(() => check()));
  topics
    .command('list')
    .description('list the topics with their partitions and retained records')
    .option('--json', 'print data')
    .action(action((_, options: { json?: boolean }) => list(options)));
}

async function create({ json }: { json?: boolean }): Promise<void> {
  const settings = settingsOf(kafkaSchema);
  const reports = await withKafka(settings, (client) => client.ensureTopics(topicOptions(settings)));
  if (json) return printJson(reports);
  for (const { topic, partitions, created } of reports) {
    print(`${topic}: ${partitions} partitions, ${created ? 'created' : 'present'}`);
  }
}

async function check(): Promise<void> {
  const settings = settingsOf(kafkaSchema);
  const missing = (await topicLines(settings)).filter(({ state }) => state === 'missing');
  if (missing.length > 0) {
    throw new CodedError('TOPIC_MISSING', `not on the brokers: ${missing.map(({ topic }) => topic).join(', ')}`);
  }
  // All exist, so nothing is created.
  const reports = await withKafka(settings, (client) => client.ensureTopics(topicOptions(settings)));
  print(`${reports.length} topics are as Tidemark needs them`);
}

async function list({ json }: { json?: boolean }): Promise<void> {
  const lines = await topicLines(settingsOf(kafkaSchema));
  if (json) return printJson(lines);
  print(
    table(lines, [
      { title: 'TOPIC', value: ({ topic }) => topic },
      { title: 'STATE', value: ({ state }) => state },
      { title: 'PARTITIONS', value: ({ partitions }) => String(partitions), align: 'right' },
      { title: 'RECORDS', value: ({ records }) => String(records), align: 'right' },
    ]),
  );
  if (lines.some(({ state }) => state === 'missing')) print(catalogue.TOPIC_MISSING.remedy);
}

function topicLines(settings: KafkaSettings): Promise<TopicLine[]> {
  return withKafka(settings, async (client) => {
    const lines: TopicLine[] = [];
    for (const { name } of topicSpecs(topicOptions(settings))) {
      const topic = client.topicName(name);
      const offsets = await offsetsIfPresent(client, name);
      const records = offsets?.reduce((sum, { low, high }) => sum + high - low, 0) ?? 0;
      lines.push({ topic, state: offsets ? 'present' : 'missing', partitions: offsets?.length ?? 0, records });
    }
    return lines;
  });
}

async function offsetsIfPresent(client: KafkaClient, name: TopicName): Promise<PartitionOffsets[] | undefined> {
  try {
    return await client.offsets(name);
  } catch (error) {
    if (isCoded(error, 'TOPIC_MISSING')) return undefined;
    throw error;
  }
}
