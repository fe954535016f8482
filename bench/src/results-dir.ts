import { join } from 'node:path';

export const resultsDir = join(import.meta.dirname, '..', 'results');
