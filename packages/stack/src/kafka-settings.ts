/**
 * Disk of the embedded topics: at most 2 GiB in all, so that a forgotten demo cannot fill a disk.
 *
 * A partition under `retention.bytes` R is deleted from by whole segments of R/4, so it holds up to 1.25 R. `swaps` and
 * `swaps.dead` have 12 partitions each: 24 x 1.25 R = 30 R. `stats` is compacted, 12 partitions with an active segment of
 * 32 MiB and about as much that is compacted or waits for it: 768 MiB. The internal topics and the controller's log, bounded
 * below, take up to 128 MiB. That leaves 2048 - 768 - 128 = 1152 MiB = 30 R, so R <= 38 MiB.
 */
export const embeddedRetentionBytes = 36 * 1_048_576;

const mebibyte = 1_048_576;

export interface KafkaPaths {
  dataDir: string;
  port: number;
  controllerPort: number;
}

/** Settings of one broker that is its own controller, kept small. */
export function kafkaSettings({ dataDir, port, controllerPort }: KafkaPaths): Record<string, string | number> {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    // A fixed voter, so that the controller's port may differ from start to start.
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataDir,

    'auto.create.topics.enable': 'false',
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.segment.bytes': 4 * mebibyte,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 2,
    'transaction.state.log.segment.bytes': 4 * mebibyte,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // A group of one machine starts at once; there is nobody to wait for.
    'group.initial.rebalance.delay.ms': 0,

    // A net under topics that are created without settings of their own.
    'log.retention.bytes': embeddedRetentionBytes,
    'log.segment.bytes': embeddedRetentionBytes / 4,
    'log.retention.check.interval.ms': 10_000,
    'log.segment.delete.delay.ms': 1_000,
    'log.index.size.max.bytes': mebibyte,
    'log.cleaner.threads': 1,
    'log.cleaner.backoff.ms': 5_000,
    'log.cleaner.dedupe.buffer.size': 16 * mebibyte,
    'metadata.log.segment.bytes': 8 * mebibyte,
    'metadata.log.max.record.bytes.between.snapshots': 4 * mebibyte,
    'metadata.max.retention.bytes': 32 * mebibyte,

    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.recovery.threads.per.data.dir': 2,
  };
}

/** A listener that talks TLS and asks for a login. */
export interface SecureListener {
  port: number;
  /** Kafka's settings of it, without the prefix that names the listener. */
  settings: Record<string, string>;
}

/** The settings with one more listener, beside the plain one. */
export function withSecureListener(
  settings: Record<string, string | number>,
  { port, settings: ofListener }: SecureListener,
): Record<string, string | number> {
  const also = (name: string, value: string) => ({ [name]: `${settings[name]},${value}` });
  const prefixed = Object.entries(ofListener).map(([name, value]) => [`listener.name.sasl_ssl.${name}`, value]);
  return {
    ...settings,
    ...also('listeners', `SASL_SSL://127.0.0.1:${port}`),
    ...also('advertised.listeners', `SASL_SSL://127.0.0.1:${port}`),
    ...also('listener.security.protocol.map', 'SASL_SSL:SASL_SSL'),
    ...Object.fromEntries(prefixed),
  };
}

/** Java's properties format. */
export function toProperties(settings: Record<string, string | number>): string {
  let text = '';
  // A backslash starts an escape there.
  for (const [name, value] of Object.entries(settings)) text += `${name}=${String(value).replaceAll('\\', '\\\\')}\n`;
  return text;
}

/** Log4j 2 as the distribution sets it up, to one file that rolls at 10 MiB. */
export function loggingSettings(logFile: string): Record<string, string | number> {
  return {
    'appender.file.type': 'RollingFile',
    'appender.file.name': 'file',
    'appender.file.fileName': logFile,
    'appender.file.filePattern': `${logFile}.%i`,
    'appender.file.layout.type': 'PatternLayout',
    'appender.file.layout.pattern': '[%d] %p %m (%c)%n',
    'appender.file.policies.type': 'Policies',
    'appender.file.policies.size.type': 'SizeBasedTriggeringPolicy',
    'appender.file.policies.size.size': '10MB',
    'appender.file.strategy.type': 'DefaultRolloverStrategy',
    'appender.file.strategy.max': 2,
    'rootLogger.level': 'info',
    'rootLogger.appenderRef.file.ref': 'file',
    'logger.changes.name': 'state.change.logger',
    'logger.changes.level': 'warn',
    // Values of every setting, hundreds of lines at each start.
    'logger.settings.name': 'org.apache.kafka.common.config.AbstractConfig',
    'logger.settings.level': 'warn',
  };
}
