import { countingSettings, PostgresCheckpointStore, requireRetention, rulesOf } from '@tidemark/checkpoint';
import { kafkaSettings } from '@tidemark/kafka';
import { CodedError, exitCodes } from '@tidemark/runtime';
import { createPostgres, postgresConnection, postgresSettings, requireSchema } from '@tidemark/store';
import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { action, type CommandContext, commandLogger, settingsOf, withKafka } from '../command.ts';
import { note, print, printJson, table } from '../output.ts';
import type { PartitionPlan } from '../rebuild/plan.ts';
import { planColumns, planNotes } from '../rebuild/plan-report.ts';
import { planRebuild } from '../rebuild/planner.ts';
import { type Rebuilt, rebuildAll, type Workplace } from '../rebuild/rebuild-all.ts';

const schema = z.object({ ...kafkaSettings, ...postgresSettings, ...countingSettings });

interface RebuildOptions {
  partition?: number[];
  dryRun?: boolean;
  json?: boolean;
}

/** The switch may have a hundred thousands of candles to remove. */
const statementTimeoutMs = 600_000;

const help = `
The state of each partition is counted anew from the earliest retained record while the aggregators go on; then one transaction
switches over. LATENESS, WINDOWS and PRICE_MIN_USD may be others than before: then start the aggregators with them afterwards.
A rebuild that is stopped or killed changes nothing; run it again.

Examples:
  npm run tidemark -- rebuild --dry-run          what would be read, and what is lost
  npm run tidemark -- rebuild                    every partition, one after the other
  npm run tidemark -- rebuild --partition 3 7    only these`;

export function addRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('count the retained log again into a new generation, and switch the aggregators over to it')
    .option('--partition <n...>', 'only these partitions', partitionNumbers)
    .option('--dry-run', 'show what would be read and what is lost; changes nothing')
    .option('--json', 'print data')
    .addHelpText('after', help)
    .action(action((context, options: RebuildOptions) => rebuild(context, options)));
}

async function rebuild({ signal }: CommandContext, options: RebuildOptions): Promise<void> {
  const settings = settingsOf(schema);
  const rules = rulesOf(settings);
  const postgres = createPostgres({
    ...postgresConnection(settings),
    log: commandLogger('error'),
    max: 3,
    statementTimeoutMs,
  });
  try {
    await requireSchema(postgres);
    await withKafka(settings, async (client) => {
      requireRetention(rules, client.topicName('swaps'), await client.retentionMs('swaps'));
      const workplace: Workplace = {
        client,
        store: new PostgresCheckpointStore(postgres),
        groupId: settings.GROUP_ID,
        rules,
        maxTokens: settings.MAX_TOKENS,
        partitionCount: await client.partitionCount('swaps'),
        signal,
      };
      const partitions = choosePartitions(workplace.partitionCount, options.partition);
      if (options.dryRun) return showPlans(await planRebuild(workplace, partitions), options);
      const rebuilt = await rebuildAll(workplace, partitions, (one) => {
        if (!options.json) print(rebuiltLine(one));
      });
      if (options.json) printJson(rebuilt);
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    note('stopped: the partition that was being rebuilt is as it was');
    process.exitCode = exitCodes.temporary;
  } finally {
    await postgres.end();
  }
}

function showPlans(plans: PartitionPlan[], { json }: RebuildOptions): void {
  if (json) return printJson(plans);
  print(table(plans, planColumns));
  for (const line of planNotes(plans)) print(line);
}

function rebuiltLine({ partition, generation, nextOffset, records, seconds }: Rebuilt): string {
  return `partition ${partition}: generation ${generation} serves from offset ${nextOffset}; ${records} records in ${seconds.toFixed(1)} s`;
}

function choosePartitions(partitionCount: number, wanted: number[] | undefined): number[] {
  const unknown = wanted?.find((partition) => partition >= partitionCount);
  if (unknown !== undefined)
    throw new CodedError(
      'OPTION_INVALID',
      `--partition ${unknown}: the topic has partitions 0 to ${partitionCount - 1}`,
    );
  return wanted?.toSorted((a, b) => a - b) ?? Array.from({ length: partitionCount }, (_, partition) => partition);
}

function partitionNumbers(text: string, former: number[] = []): number[] {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('expected a partition number');
  return [...new Set([...former, Number(text)])];
}
