import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Ports } from './project.ts';

const launch = join(import.meta.dirname, '..', '..', 'launcher', 'launch.mjs');
const answerTimeoutMs = 60_000;

/** The README's ranking by curl, then `npm run http` with the token of its first line. */
export async function answersOverHttp({ api }: Ports): Promise<string> {
  const token = await busiestToken(api);
  const output = await firstOutput(['http', token], { API_URL: `http://127.0.0.1:${api}` }, (text) =>
    text.trimEnd().endsWith('}'),
  );
  const { windows } = JSON.parse(output) as { windows: { '5m': { trades: number } } };
  assert.ok(windows['5m'].trades > 0);
  return `the busiest of 3 has ${windows['5m'].trades} trades in 5m`;
}

/** `npm run ws` with a token. */
export async function answersOverWebSocket({ api, gateway }: Ports): Promise<string> {
  const env = { GATEWAY_URL: `ws://127.0.0.1:${gateway}/v1/stream` };
  const output = await firstOutput(['ws', await busiestToken(api), '--json'], env, (text) => text.includes('"update"'));
  const types = output
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => (JSON.parse(line) as { type: string }).type);
  for (const type of ['welcome', 'ack', 'snapshot', 'update']) assert.ok(types.includes(type), `no ${type}: ${output}`);
  return [...new Set(types)].join(', ');
}

async function busiestToken(api: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${api}/v1/tokens?window=5m&sort=volumeUsd&limit=3`);
  assert.equal(answer.status, 200);
  const { items } = (await answer.json()) as { items: { token: string }[] };
  assert.equal(items.length, 3);
  return items[0]!.token;
}

/** What a root script prints, up to where it is enough. */
async function firstOutput(
  args: string[],
  env: Record<string, string>,
  enough: (text: string) => boolean,
): Promise<string> {
  const child = spawn(process.execPath, [launch, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: answerTimeoutMs,
  });
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    text += chunk as string;
    if (enough(text)) break;
  }
  child.kill('SIGTERM');
  assert.ok(enough(text), `${args[0]} printed ${text}`);
  return text;
}
