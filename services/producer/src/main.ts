import { runService } from '@tidemark/runtime';
import { createApp } from './app.ts';
import { producerSettings } from './config.ts';

await runService({ name: 'producer', schema: producerSettings, createApp });
