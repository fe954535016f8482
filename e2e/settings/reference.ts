import { kafkaSettings } from '@tidemark/kafka';
import { serviceSettings } from '@tidemark/runtime';
import { postgresSettings, redisSettings } from '@tidemark/store';
import { schema as aggregator } from '../../services/aggregator/src/config.ts';
import { schema as api } from '../../services/api/src/config.ts';
import { schema as gateway } from '../../services/gateway/src/config.ts';
import { producerSettings as producer } from '../../services/producer/src/config.ts';

/** What this page needs to know of a zod schema, whichever kind it is. */
interface SettingType {
  description?: string | undefined;
  meta(): Record<string, unknown> | undefined;
  def: { type: string; defaultValue?: unknown; in?: SettingType; innerType?: SettingType; entries?: object };
}

type Shape = Record<string, SettingType>;

/** Every service with the settings that it takes, in the order of the data's way. */
export const services: Record<string, Shape> = {
  producer: producer.shape,
  aggregator: aggregator.shape,
  api: api.shape,
  gateway: gateway.shape,
};

/** Settings that several services share. */
const groups: { title: string; shape: Shape }[] = [
  { title: 'Every service', shape: serviceSettings },
  { title: 'Kafka', shape: kafkaSettings },
  { title: 'PostgreSQL', shape: postgresSettings },
  { title: 'Redis', shape: redisSettings },
];

const head = `# Settings

Environment variables. An empty one is an absent one. A secret \`X\` may be given as \`X_FILE\` instead, the path of a file that holds it. Spans
of time are written as \`250ms\`, \`1s\`, \`20m\`, \`24h\`. What is unknown or malformed is refused at start with a list of all that is wrong.
The commands of \`npm run tidemark\` take those of Kafka, PostgreSQL and Redis.

This page is generated from the schemas of the services by \`npm run settings\`; a test keeps it current.
`;

/** The page as Markdown. */
export function settingsPage(): string {
  const shared = groups.map(({ title, shape }) => section(title, shape, takers(shape)));
  const own = Object.entries(services).map(([name, shape]) => {
    const rest = Object.entries(shape).filter(([setting]) => !groups.some((group) => setting in group.shape));
    return section(name, Object.fromEntries(rest));
  });
  return [head, ...shared, ...own].join('\n');
}

/** The services that take all of these settings. */
function takers(shape: Shape): string[] {
  return Object.keys(services).filter((name) => Object.keys(shape).every((setting) => setting in services[name]!));
}

function section(title: string, shape: Shape, usedBy: string[] = []): string {
  const all = usedBy.length === Object.keys(services).length;
  const note = usedBy.length > 0 && !all ? `\nTaken by ${usedBy.join(', ')}.\n` : '';
  const rows = Object.entries(shape).map(([name, type]) => row(name, type));
  return `## ${title}\n${note}\n| setting | default | meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

function row(name: string, type: SettingType): string {
  const meaning = [type.description ?? '', choices(type), type.meta()?.['secret'] === true ? '**Secret.**' : ''];
  return `| \`${name}\` | ${shownDefault(type)} | ${escape(meaning.filter((text) => text !== '').join(' '))} |`;
}

function shownDefault(type: SettingType): string {
  const byDefault = inside(type).find(({ def }) => def.type === 'default')?.def.defaultValue;
  // Every default is given as text, as an environment variable would be.
  return typeof byDefault !== 'string' || byDefault === '' ? 'none' : escape(`\`${byDefault}\``);
}

function choices(type: SettingType): string {
  const entries = inside(type).find(({ def }) => def.type === 'enum')?.def.entries;
  if (entries === undefined) return '';
  return `One of ${Object.keys(entries)
    .map((choice) => `\`${choice}\``)
    .join(', ')}.`;
}

/** A type and those that it wraps, from the outside in: what is parsed further stands in `in`. */
function inside(type: SettingType): SettingType[] {
  const next = type.def.in ?? type.def.innerType;
  return next === undefined ? [type] : [type, ...inside(next)];
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|');
}
