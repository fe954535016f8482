/** The topics by what they hold. Their names on the brokers carry TOPIC_PREFIX, so that several installations share a cluster. */
export type TopicName = 'swaps' | 'swaps.dead' | 'stats';

export interface TopicSpec {
  name: TopicName;
  partitions: number;
  /** Settings of the topic that its readers rely on: another value on the broker is refused. */
  required: Record<string, string>;
  /** Settings given at creation; an operator may change them later. */
  initial: Record<string, string>;
}

const dayMs = 86_400_000;
const mebibyte = 1_048_576;

/** The longest that a swap can be read again, unless TOPIC_RETENTION_BYTES ends it earlier. */
export const swapsRetentionMs = 3 * dayMs;

export interface TopicOptions {
  /** Partitions of `swaps` and `stats`; a token has the same partition in both. */
  partitions: number;
  /** Bounds each partition of the topics that grow with time; for machines with little disk. */
  retentionBytes?: number | undefined;
}

/** All topics with their settings; see the table in `docs/architecture.md`. */
export function topicSpecs({ partitions, retentionBytes }: TopicOptions): TopicSpec[] {
  const bounded: Record<string, string> =
    retentionBytes === undefined
      ? {}
      : {
          'retention.bytes': String(retentionBytes),
          'segment.bytes': String(Math.max(mebibyte, Math.floor(retentionBytes / 4))),
        };
  return [
    {
      name: 'swaps',
      partitions,
      required: { 'cleanup.policy': 'delete', 'message.timestamp.type': 'LogAppendTime' },
      initial: { 'retention.ms': String(swapsRetentionMs), 'max.message.bytes': String(4 * mebibyte), ...bounded },
    },
    {
      name: 'swaps.dead',
      partitions,
      required: { 'cleanup.policy': 'delete' },
      initial: { 'retention.ms': String(14 * dayMs), ...bounded },
    },
    {
      name: 'stats',
      partitions,
      required: { 'cleanup.policy': 'compact' },
      initial: {
        'segment.bytes': String(32 * mebibyte),
        'segment.ms': '300000',
        'min.cleanable.dirty.ratio': '0.1',
        'max.compaction.lag.ms': '600000',
      },
    },
  ];
}
