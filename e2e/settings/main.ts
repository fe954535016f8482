import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsPage } from './reference.ts';

writeFileSync(join(import.meta.dirname, '..', '..', 'docs', 'settings.md'), settingsPage());
process.stdout.write('wrote docs/settings.md\n');
