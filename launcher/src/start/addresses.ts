import { join } from 'node:path';
import { shownPath } from '../repository.ts';
import type { StackFile } from '../stack-file.ts';

/** Where everything listens, with commands to try; `token` is one that has traded, if there is one yet. */
export function addressLines(stack: StackFile, dir: string, token: string | undefined): string[] {
  const shownDir = shownPath(dir);
  const named = token ?? '<token>';
  return [
    '',
    `  REST       ${stack.api}   (pages to try it: ${stack.api}/docs)`,
    `  stream     ${stack.gateway}`,
    `  Kafka      ${stack.kafka.join(',')}`,
    `  Postgres   ${withoutPassword(stack.postgres)}`,
    `  Redis      ${withoutPassword(stack.redis)}`,
    `             passwords and admin ports: ${join(shownDir, 'stack.json')}; logs: ${join(shownDir, 'logs')}`,
    '',
    `  curl '${stack.api}/v1/tokens?window=5m&sort=volumeUsd&limit=5'`,
    `  npm run http -- ${named}`,
    `  npm run ws -- ${named}`,
    '  npm run tidemark -- status',
    '',
    '  Ctrl-C stops all of it.',
  ];
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1:***@');
}
