import { defaultOf, isSecret, type Shape, services } from './schemas.ts';

/** Where the ConfigMaps of `k8s/base` come from: a file for what several services take, and one for each service. */
const shared = 'shared';

/** Said by the image or the manifests, because a port or a mounted volume depends on it. */
const fixed = ['HOST', 'ADMIN_PORT', 'API_PORT', 'GATEWAY_PORT', 'STATE_DIR'];

/** What holds in a cluster in place of the default. */
const inCluster: Record<string, string> = {
  KAFKA_BROKERS: 'kafka:9092',
  SERVICE_INSTANCE: '{host}',
};

/** The files by name: every setting that is no secret, with its meaning and the value that it has by default. */
export function configMapFiles(): Record<string, string> {
  const names = new Set(Object.values(services).flatMap(Object.keys));
  const files: Record<string, Shape> = { [shared]: {} };
  for (const service of Object.keys(services)) files[service] = {};
  for (const name of names) {
    const takers = Object.keys(services).filter((service) => name in services[service]!);
    // Where they differ, as in what moves the clock, the others say that they follow the aggregator.
    const authority = takers.includes('aggregator') ? 'aggregator' : takers[0]!;
    files[takers.length === 1 ? authority : shared]![name] = services[authority]![name]!;
  }
  return Object.fromEntries(Object.entries(files).map(([name, shape]) => [name, file(name, shape)]));
}

function file(name: string, shape: Shape): string {
  const whose = name === shared ? 'of several services' : `of the ${name} alone`;
  const head = `# Settings ${whose}, with their defaults. Generated from the schemas by \`npm run settings\`; overlays merge theirs over it.`;
  const lines = Object.entries(shape)
    .filter(([setting, type]) => !isSecret(type) && !fixed.includes(setting))
    .map(([setting, type]) => `# ${type.description}\n${setting}=${inCluster[setting] ?? defaultOf(type)}`);
  return `${[head, ...lines].join('\n\n')}\n`;
}
