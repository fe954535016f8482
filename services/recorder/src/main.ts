import { runProcess } from '@tidemark/runtime/process';

await runProcess(() => import('./service.ts'));
