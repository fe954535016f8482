import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CodedError, serviceSettings } from '../src/index.ts';
import { runProcess } from '../src/process.ts';
import type { Service } from '../src/service.ts';

/** A service that misbehaves as its settings say. What it does beyond the ordinary it prints as `fixture: ...`. */
const schema = z.object({
  ...serviceSettings,
  START: z.enum(['at once', 'never', 'heedless', 'fails']).default('at once'),
  RUN: z.enum(['idle', 'fails', 'throws', 'rejects']).default('idle'),
  CLOSE: z.enum(['clean', 'never', 'fails']).default('clean'),
  API_TOKEN: z.string().default('').meta({ secret: true }),
});

const workMs = 100;

function say(what: string): void {
  process.stdout.write(`fixture: ${what}\n`);
}

const service: Service<typeof schema> = {
  name: 'fixture',
  schema,
  async createApp({ settings, signal, fail }) {
    // Something that keeps the process alive, as a server or a consumer would.
    const alive = setInterval(() => undefined, 60_000);
    say('starting');
    if (settings.START === 'fails') throw new CodedError('TOPIC_MISMATCH', 'has 3 partitions');
    if (settings.START === 'never') await sleep(600_000, undefined, { signal });
    if (settings.START === 'heedless') await sleep(workMs);
    setImmediate(() => {
      if (settings.RUN === 'fails') fail(new CodedError('CONSUMER_CRASHED', 'the client gave up'));
      if (settings.RUN === 'throws') throw new TypeError('a defect');
      if (settings.RUN === 'rejects') void Promise.reject(new TypeError('a defect'));
    });
    return {
      async close() {
        say('closing');
        if (settings.CLOSE === 'fails') throw new Error('cannot close');
        await sleep(settings.CLOSE === 'never' ? 600_000 : workMs);
        clearInterval(alive);
        say('closed');
      },
    };
  },
};

await runProcess(async () => {
  if (process.env['LOAD'] === 'never') {
    say('loading');
    await sleep(600_000);
  }
  return { service };
});
