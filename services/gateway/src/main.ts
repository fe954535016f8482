import { runService } from '@tidemark/runtime';
import { createApp } from './app.ts';
import { schema } from './config.ts';

await runService({ name: 'gateway', schema, createApp });
