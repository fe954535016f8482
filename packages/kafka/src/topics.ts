import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '@tidemark/runtime';
import { type TopicName, type TopicOptions, type TopicSpec, topicSpecs } from '@tidemark/wire';
import kafkajs, { type Admin } from 'kafkajs';

export interface TopicReport {
  topic: string;
  partitions: number;
  created: boolean;
}

const createTimeoutMs = 15_000;
const settlePollMs = 100;
/** What brokers answer of a topic that is being created. */
const unsettled = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION'];

/**
 * Creates the topics that are missing, and verifies those that exist. Several processes may do so at once.
 * @throws CodedError TOPIC_MISMATCH, naming every difference.
 */
export async function ensureTopics(
  admin: Admin,
  topicName: (name: TopicName) => string,
  options: TopicOptions,
): Promise<TopicReport[]> {
  const specs = topicSpecs(options);
  const existing = new Set(await admin.listTopics());
  const missing = specs.filter(({ name }) => !existing.has(topicName(name)));
  if (missing.length > 0) await create(admin, topicName, missing);
  for (const { name } of specs) await untilLed(admin, topicName(name));
  const differences = await findDifferences(admin, topicName, specs);
  if (differences.length > 0) {
    throw new CodedError(
      'TOPIC_MISMATCH',
      `topics are not as Tidemark needs them:\n${differences.map((line) => `  - ${line}`).join('\n')}`,
    );
  }
  return specs.map((spec) => ({
    topic: topicName(spec.name),
    partitions: spec.partitions,
    created: missing.includes(spec),
  }));
}

async function create(admin: Admin, topicName: (name: TopicName) => string, specs: TopicSpec[]): Promise<void> {
  try {
    await admin.createTopics({
      // The client's own wait gives up when a broker has not heard of the topic yet.
      waitForLeaders: false,
      timeout: createTimeoutMs,
      topics: specs.map(({ name, partitions, required, initial }) => ({
        topic: topicName(name),
        numPartitions: partitions,
        // The brokers' own default.
        replicationFactor: -1,
        configEntries: Object.entries({ ...required, ...initial }).map(([key, value]) => ({ name: key, value })),
      })),
    });
  } catch (error) {
    // Another process created some of them meanwhile; the verification tells whether they are right.
    const errors = error instanceof kafkajs.KafkaJSAggregateError ? error.errors : [error];
    const others = errors.filter(
      (one) => !(one instanceof Error && 'type' in one && one.type === 'TOPIC_ALREADY_EXISTS'),
    );
    if (others.length > 0) throw others[0];
  }
}

/**
 * A topic that was just created is not known to every broker at once, and has no leaders for a moment: what is sent to it then
 * arrives in part, and a second time when it is tried again.
 */
async function untilLed(admin: Admin, topic: string): Promise<void> {
  const deadline = performance.now() + createTimeoutMs;
  for (;;) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      if (!isOfType(error, ...unsettled) || performance.now() > deadline) throw error;
      await sleep(settlePollMs);
    }
  }
}

async function findDifferences(
  admin: Admin,
  topicName: (name: TopicName) => string,
  specs: TopicSpec[],
): Promise<string[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: specs.map(({ name }) => topicName(name)) });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: specs.map(({ name, required }) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name: topicName(name),
      configNames: Object.keys(required),
    })),
  });
  const differences: string[] = [];
  for (const { name, partitions, required } of specs) {
    const topic = topicName(name);
    const found = topics.find((metadata) => metadata.name === topic)?.partitions.length;
    if (found !== partitions) differences.push(`${topic} has ${found} partitions, not ${partitions} (PARTITIONS)`);
    const settings = resources.find((resource) => resource.resourceName === topic)?.configEntries ?? [];
    for (const [key, value] of Object.entries(required)) {
      const actual = settings.find((setting) => setting.configName === key)?.configValue;
      if (actual !== value) differences.push(`${topic} has ${key}=${actual}, not ${value}`);
    }
  }
  return differences;
}

export function isUnknownTopic(error: unknown): boolean {
  return isOfType(error, 'UNKNOWN_TOPIC_OR_PARTITION');
}

/** The client retries on many errors, and then wraps what it met. */
function isOfType(error: unknown, ...types: string[]): boolean {
  for (let reason = error; reason instanceof Error; reason = reason.cause) {
    if ('type' in reason && types.includes(String(reason.type))) return true;
  }
  return false;
}

export async function topicRetentionMs(admin: Admin, topic: string): Promise<number> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms'] }],
  });
  const retentionMs = Number(
    resources[0]?.configEntries.find(({ configName }) => configName === 'retention.ms')?.configValue,
  );
  return retentionMs === -1 ? Number.POSITIVE_INFINITY : retentionMs;
}
