import { kafkaSettings } from '@tidemark/kafka';
import { serviceSettings } from '@tidemark/runtime';
import { postgresSettings, redisSettings } from '@tidemark/store';
import { schema as aggregator } from '../../services/aggregator/src/config.ts';
import { schema as api } from '../../services/api/src/config.ts';
import { schema as gateway } from '../../services/gateway/src/config.ts';
import { producerSettings as producer } from '../../services/producer/src/config.ts';
import { schema as recorder } from '../../services/recorder/src/config.ts';

/** What is to be known of a zod schema, whichever kind it is. */
export interface SettingType {
  description?: string | undefined;
  meta(): Record<string, unknown> | undefined;
  def: { type: string; defaultValue?: unknown; in?: SettingType; innerType?: SettingType; entries?: object };
}

export type Shape = Record<string, SettingType>;

/** What every service reads its environment by, in the order of the data's way. */
export const schemas = { producer, aggregator, recorder, api, gateway };

/** Every service with the settings that it takes. */
export const services: Record<string, Shape> = Object.fromEntries(
  Object.entries(schemas).map(([service, { shape }]) => [service, shape]),
);

/** Settings that several services share. */
export const groups: { title: string; shape: Shape }[] = [
  { title: 'Every service', shape: serviceSettings },
  { title: 'Kafka', shape: kafkaSettings },
  { title: 'PostgreSQL', shape: postgresSettings },
  { title: 'Redis', shape: redisSettings },
];

/** The default as it would stand in the environment; empty where there is none. */
export function defaultOf(type: SettingType): string {
  const byDefault = inside(type).find(({ def }) => def.type === 'default')?.def.defaultValue;
  return typeof byDefault === 'string' ? byDefault : '';
}

/** The values that a setting can have, where they are few. */
export function choicesOf(type: SettingType): string[] {
  return Object.keys(inside(type).find(({ def }) => def.type === 'enum')?.def.entries ?? {});
}

export function isSecret(type: SettingType): boolean {
  return type.meta()?.['secret'] === true;
}

/** A type and those that it wraps, from the outside in: what is parsed further stands in `in`. */
function inside(type: SettingType): SettingType[] {
  const next = type.def.in ?? type.def.innerType;
  return next === undefined ? [type] : [type, ...inside(next)];
}
