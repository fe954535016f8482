import { createApp } from './app.ts';
import { schema } from './config.ts';

export const service = { name: 'recorder', schema, createApp };
