import { CodedError } from '@tidemark/runtime';
import { type TopicName, topicSpecs } from '@tidemark/wire';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { action, type CommandContext, kafkaSchema, settingsOf, withKafka } from '../command.ts';
import { note } from '../output.ts';
import { lineFormat } from '../record/line.ts';
import { LineOutput } from '../record/output-file.ts';
import { Recorder } from '../record/recorder.ts';

interface RecordOptions {
  topic: string;
  out: string;
  from: 'earliest' | 'latest';
  untilEnd?: boolean;
  limit?: number;
  raw?: boolean;
}

const reportIntervalMs = 3_000;

const help = `
Examples:
  npm run tidemark -- record --out swaps.jsonl --until-end     what the topic holds now
  npm run tidemark -- record --from latest --limit 10          the next ten swaps, to the terminal
  npm start -- --source replay:swaps.jsonl                     plays it again`;

export function addRecord(program: Command): void {
  program
    .command('record')
    .description('write a topic to JSON lines, in the order in which it was appended; replay takes those of swaps')
    .option('--topic <name>', 'swaps, swaps.dead or stats', 'swaps')
    .option('--out <file>', 'the file to write, or - for standard output', '-')
    .addOption(new Option('--from <where>', 'where to begin').choices(['earliest', 'latest']).default('earliest'))
    .option('--until-end', 'stop where the topic ends now, rather than wait for more')
    .option('--limit <n>', 'stop after so many lines', wholeNumber)
    .option('--raw', 'every record, with partition, offset, append time, key and value, whatever it holds')
    .addHelpText('after', help)
    .action(action((context, options: RecordOptions) => record(context, options)));
}

async function record({ signal }: CommandContext, options: RecordOptions): Promise<void> {
  const topic = topicOf(options.topic);
  const { from, untilEnd = false, limit = Number.POSITIVE_INFINITY, raw = false } = options;
  const output = new LineOutput(options.out);
  await withKafka(settingsOf(kafkaSchema), async (client) => {
    const lineOf = lineFormat(topic, raw);
    const recorder = new Recorder({ client, topic, from, untilEnd, limit, lineOf, output, signal });
    const reporter = setInterval(() => report(recorder), reportIntervalMs);
    try {
      const { written, skipped } = await recorder.run();
      await output.close();
      note(
        `${written} lines written${skipped > 0 ? `; ${skipped} records skipped, which are not decodable (--raw shows them)` : ''}`,
      );
    } finally {
      clearInterval(reporter);
    }
  });
}

function report({ counts: { read, expected, written } }: Recorder): void {
  const ofAll = read < expected ? ` of ${expected}` : '';
  note(`read ${read}${ofAll} records, wrote ${written} lines`);
}

function topicOf(name: string): TopicName {
  const names = topicSpecs({ partitions: 1 }).map((spec) => spec.name);
  const found = names.find((known) => known === name);
  if (found) return found;
  throw new CodedError('OPTION_INVALID', `--topic ${name}: the topics are ${names.join(', ')}, without TOPIC_PREFIX`);
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number above 0');
}
