import { choicesOf, defaultOf, groups, isSecret, type SettingType, type Shape, services } from './schemas.ts';

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
  const meaning = [type.description ?? '', choices(type), isSecret(type) ? '**Secret.**' : ''];
  return `| \`${name}\` | ${shownDefault(type)} | ${escape(meaning.filter((text) => text !== '').join(' '))} |`;
}

function shownDefault(type: SettingType): string {
  const byDefault = defaultOf(type);
  return byDefault === '' ? 'none' : escape(`\`${byDefault}\``);
}

function choices(type: SettingType): string {
  const names = choicesOf(type);
  return names.length === 0 ? '' : `One of ${names.map((choice) => `\`${choice}\``).join(', ')}.`;
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|');
}
