import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDir } from '../../test/temporary-dir.ts';
import type { Entry } from './entry.ts';
import { openRecording, type Recording } from './recording.ts';

const signal = new AbortController().signal;

const swap = { id: 'a', token: 't', trader: 'u', side: 'buy', amount: '1', usd: '2.5', timestamp: 1_700_000_000_000 };

const header = 'block_number,block_timestamp,transaction_hash,transaction_index,log_index,topics,data';
const topics = [
  '0xc42079f94a6350d7e6235f29174924f928cc2ac818eb64fed8004e115fbcca67',
  '0x0000000000000000000000003fc91a3afd70395cd496c647d5a6cc9d4b2b7fad',
  '0x0000000000000000000000003fc91a3afd70395cd496c647d5a6cc9d4b2b7fad',
];
const data =
  '0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffea5d662000000000000000000000000000000000000000000000000002386f26fc1000000000000000000000000000000000000000051fdf2fd9b2526872a9b723450f2000000000000000000000000000000000000000000000000acd43e0e7cf808c50000000000000000000000000000000000000000000000000000000000030985';

function logLine({
  block = '18937382',
  time = '2024-01-05 00:00:23',
  logTopics = topics,
  logData = data,
} = {}): string {
  const quoted = `"${JSON.stringify(logTopics).replaceAll('"', '""')}"`;
  return `${block},${time},0x${'0b'.repeat(32)},33,169,${quoted},${logData}`;
}

async function entriesOf(recording: Recording, afterLine = 0): Promise<Entry[]> {
  const all: Entry[] = [];
  for await (const entries of recording.entries(afterLine)) all.push(...entries);
  return all;
}

/** `<line>: <what>` for each line. */
function summary(entries: Entry[]): string[] {
  return entries.map(
    (entry) => `${entry.line}: ${entry.kind === 'rejected' ? `${entry.code} ${entry.reason}` : entry.kind}`,
  );
}

test('malformed lines are named by number and code, and the rest goes on', async (context) => {
  const path = join(await temporaryDir(context), 'swaps.jsonl');
  const lines = [
    'rubbish',
    JSON.stringify(swap),
    Buffer.from([0x7b, 0xff, 0x7d]),
    'null',
    JSON.stringify({ ...swap, amount: '-1' }),
    JSON.stringify({ ...swap, name: 'x'.repeat(70_000) }),
    '{"__proto__":{}}',
    JSON.stringify({ ...swap, trader: `0x${'AB'.repeat(20)}` }),
    JSON.stringify({ ...swap, id: 'b' }),
  ];
  await writeFile(path, Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])));
  const entries = await entriesOf(await openRecording(path, '', signal));
  assert.deepEqual(
    entries.map((entry) => [entry.line, entry.kind === 'rejected' ? entry.code : entry.kind]),
    [
      [1, 'NOT_JSON'],
      [2, 'swap'],
      [3, 'NOT_UTF8'],
      [4, 'SCHEMA'],
      [5, 'SCHEMA'],
      [6, 'RECORD_TOO_LARGE'],
      [7, 'SCHEMA'],
      [8, 'ADDRESS_NOT_NORMALISED'],
      [9, 'swap'],
    ],
  );
  assert.match(summary(entries)[4]!, /amount/);
});

test('a recording is read on from any line', async (context) => {
  const path = join(await temporaryDir(context), 'swaps.jsonl');
  await writeFile(path, [1, 2, 3, 4].map((id) => `${JSON.stringify({ ...swap, id: `${id}` })}\n`).join(''));
  const recording = await openRecording(path, '', signal);
  assert.deepEqual(summary(await entriesOf(recording, 2)), ['3: swap', '4: swap']);
  assert.deepEqual(await entriesOf(recording, 4), []);
});

test('raw logs: swaps are read, other events skipped, malformed rows named', async (context) => {
  const path = join(await temporaryDir(context), 'usdc-weth-005-some.csv');
  const rows = [
    header,
    logLine(),
    logLine({ logTopics: [`0x${'11'.repeat(32)}`] }),
    logLine({ block: 'x' }),
    logLine({ time: '5 January 2024' }),
    logLine({ logData: '0x12' }),
    logLine({ logData: 'zz' }),
    logLine({ logTopics: ['0x12'] }),
    '1,2,3',
    '"1,2,3,4,5,6,7',
    logLine({ time: '2024-01-05T00:00:24Z' }),
  ];
  await writeFile(path, `${rows.join('\r\n')}\r\n`);
  const recording = await openRecording(path, '', signal);
  assert.equal(recording.form, 'evm-logs');
  const entries = await entriesOf(recording);
  assert.deepEqual(
    summary(entries).map((line) => line.replace(/not of a Swap event: .*/, 'not of a Swap event')),
    [
      '2: swap',
      '3: skipped',
      '4: SCHEMA block_number: expected a whole number',
      '5: SCHEMA block_timestamp: expected a time such as 2024-01-05 00:00:23, in UTC',
      '6: SCHEMA data: not of a Swap event',
      '7: SCHEMA data: expected hex digits',
      '8: SCHEMA topics: expected a JSON list of up to four 32-byte values',
      '9: SCHEMA 3 columns instead of 7',
      '10: SCHEMA the line is not CSV',
      '11: swap',
    ],
  );
  const last = entries.at(-1)!;
  assert.equal(last.kind === 'swap' && last.swap.timestamp, Date.UTC(2024, 0, 5, 0, 0, 24));
});

test('the fingerprint is that of the content, wherever the file lies', async (context) => {
  const dir = await temporaryDir(context);
  const [path, copy, other] = ['a.jsonl', 'b.jsonl', 'c.jsonl'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(path, JSON.stringify(swap));
  await copyFile(path, copy);
  await writeFile(other, JSON.stringify({ ...swap, id: 'b' }));
  const { fingerprint } = await openRecording(path, '', signal);
  assert.equal((await openRecording(copy, '', signal)).fingerprint, fingerprint);
  assert.notEqual((await openRecording(other, '', signal)).fingerprint, fingerprint);
});

test('a file that is missing, empty or of no known form is refused by name', async (context) => {
  const dir = await temporaryDir(context);
  const refused = async (name: string, content: string | null, pattern: RegExp) => {
    const path = join(dir, name);
    if (content !== null) await writeFile(path, content);
    await assert.rejects(openRecording(path, '', signal), { code: 'REPLAY_INVALID', message: pattern });
  };
  await refused('absent', null, /there is no file/);
  await refused('empty', '\n\n', /is empty/);
  await refused('prose', 'once upon a time\n', /neither JSON lines of swaps nor a CSV of raw logs/);
  await refused('unknown-pool.csv', `${header}\n${logLine()}\n`, /which pool.*usdc-weth-005.*POOL_FILE/);
  await assert.rejects(openRecording(dir, '', signal), { code: 'REPLAY_INVALID' });
});
