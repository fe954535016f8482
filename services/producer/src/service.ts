import { createApp } from './app.ts';
import { producerSettings } from './config.ts';

export const service = { name: 'producer', schema: producerSettings, createApp };
