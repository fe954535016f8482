import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configMapFiles } from './config-maps.ts';
import { settingsPage } from './reference.ts';

const repository = join(import.meta.dirname, '..', '..');
const files = {
  'docs/settings.md': settingsPage(),
  ...Object.fromEntries(
    Object.entries(configMapFiles()).map(([name, text]) => [`k8s/base/settings/${name}.env`, text]),
  ),
};
for (const [path, text] of Object.entries(files)) writeFileSync(join(repository, path), text);
process.stdout.write(`wrote ${Object.keys(files).join(', ')}\n`);
