import type { Scenario } from '../scenario.ts';
import type { World } from '../world/world.ts';

const outageMs = 20_000;
const absentMs = 8_000;
const offsetsAhead = 1_000;

/** All replicas leave the group, in which nobody may be while its offsets are edited, and come back. */
async function editOffsets(fault: string, world: World, edit: (end: number) => number): Promise<void> {
  const { client, stack } = world.installation;
  world.strike(fault);
  await Promise.all(world.replicas.map((replica) => replica.stop()));
  const ends = await world.observer.readEnds();
  const admin = client.kafka.admin();
  await admin.connect();
  await admin.setOffsets({
    groupId: stack.env['GROUP_ID']!,
    topic: client.topicName('swaps'),
    partitions: ends.map((end, partition) => ({ partition, offset: String(edit(end)) })),
  });
  await admin.disconnect();
  for (const replica of world.replicas) replica.start();
  await world.recovered();
}

/** Records that are there, with offsets of their own, and that no reader may see. */
async function abortedTransaction(world: World, number: number): Promise<void> {
  const { client } = world.installation;
  const producer = client.kafka.producer({
    transactionalId: `faults-${client.options.topicPrefix}${number}`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  const messages = world.load
    .records(300, `aborted${number}-`)
    .map(({ partition, key, value }) => ({ partition, key: key as string, value: value as string }));
  await transaction.send({ topic: client.topicName('swaps'), messages });
  await transaction.abort();
  await producer.disconnect();
}

export const kafkaScenarios: Scenario[] = [
  {
    name: 'kafka-killed',
    description: 'the Kafka broker killed, and back after 20 s',
    async inject(world) {
      world.strike('Kafka SIGKILL, away for 20 s');
      await world.server('kafka').kill();
      await world.quiet(outageMs);
      await world.server('kafka').start();
      await world.recovered();
    },
  },
  {
    name: 'kafka-absent-at-start',
    description: 'aggregators that start while there is no Kafka broker, with records to count',
    async inject(world) {
      world.strike('SIGKILL of all, Kafka absent at their start');
      await Promise.all(world.replicas.map((replica) => replica.stop('SIGKILL')));
      await world.load.burst(3_000);
      await world.server('kafka').kill();
      for (const replica of world.replicas) replica.start();
      await world.quiet(absentMs);
      await world.server('kafka').start();
      await world.recovered();
    },
  },
  {
    name: 'group-offsets-ahead',
    description: "the group's offsets edited to past the end of the log",
    inject: (world) => editOffsets('offsets edited ahead', world, (end) => end + offsetsAhead),
  },
  {
    name: 'group-offsets-behind',
    description: "the group's offsets edited to the start of the log",
    inject: (world) => editOffsets('offsets edited back', world, () => 0),
  },
  {
    name: 'producer-duplicates',
    description: 'hundreds of records sent again at new offsets, before and after a kill -9',
    async inject(world) {
      for (let round = 0; round < 2; round++) {
        const replica = world.anOwner();
        const before = await world.load.repeat();
        world.strike(`SIGKILL between ${before} records sent again and again`, replica);
        replica.signal('SIGKILL');
        await world.load.repeat();
        await world.recovered();
        await world.load.repeat();
      }
    },
  },
  {
    name: 'aborted-transactions',
    description: 'aborted transactions among the swaps, kill -9 amid them, and nothing else at the end of the log',
    async inject(world) {
      await abortedTransaction(world, 1);
      await world.quiet(1_000);
      const replica = world.anOwner();
      await abortedTransaction(world, 2);
      world.strike('SIGKILL amid aborted transactions', replica);
      replica.signal('SIGKILL');
      await abortedTransaction(world, 3);
      await world.recovered();
    },
    async ending(world) {
      await world.load.stop();
      await abortedTransaction(world, 4);
    },
  },
];
