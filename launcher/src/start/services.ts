import { join } from 'node:path';
import { embeddedRetentionBytes, type Stack } from '@tidemark/stack';
import type { StartOptions } from './options.ts';

/** One process to run. */
export interface ServiceSpec {
  /** The name of the instance, such as `aggregator-1`. */
  name: string;
  service: 'producer' | 'aggregator' | 'recorder' | 'api' | 'gateway';
  env: Record<string, string>;
}

export interface PublicPorts {
  api: number;
  gateway: number;
}

/** Settings that everything shares: the services, and the commands that prepare topics and tables. */
export function sharedEnv(options: StartOptions, stack: Pick<Stack, 'kafka' | 'postgres' | 'redis'>) {
  const env: Record<string, string> = {
    KAFKA_BROKERS: stack.kafka.join(','),
    DATABASE_URL: stack.postgres,
    REDIS_URL: stack.redis,
    HOST: '127.0.0.1',
    CLOCK: options.clock,
  };
  if (!options.external.kafka) env['TOPIC_RETENTION_BYTES'] = String(embeddedRetentionBytes);
  return env;
}

/** The services in the order of their start. Records come last, so that all is ready for the first of them. */
export function serviceSpecs(options: StartOptions, ports: PublicPorts, shared: Record<string, string>): ServiceSpec[] {
  const specs: ServiceSpec[] = [];
  const add = (name: string, service: ServiceSpec['service'], env: Record<string, string> = {}) =>
    specs.push({ name, service, env: { ...shared, SERVICE_INSTANCE: name, ...env } });

  for (let i = 1; i <= options.aggregators; i++) add(`aggregator-${i}`, 'aggregator');
  add('recorder', 'recorder');
  add('api', 'api', { API_PORT: String(ports.api) });
  add('gateway', 'gateway', { GATEWAY_PORT: String(ports.gateway) });
  if (options.source !== 'none') {
    add('producer', 'producer', {
      SOURCE: options.source,
      STATE_DIR: join(options.dir, 'producer'),
      ...(options.replayFile && { REPLAY_FILE: options.replayFile }),
      ...options.producerEnv,
    });
  }
  return specs;
}
