import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDir } from '../../test/temporary-dir.ts';
import { findPool } from './pools.ts';

const known = await findPool('/anywhere/usdc-weth-005-2024-01-05.raw.csv', '');

test('the label of a known pool at the start of the file name selects it', () => {
  assert.equal(known.address, '0x88e6a0c2ddd26feeb64f039a2c41296fcb3f5640');
  assert.equal(known[known.tracked].symbol, 'WETH');
  assert.equal(known[known.dollar].decimals, 6);
});

test('a pool file that is named wins over the file name', async (context) => {
  const path = join(await temporaryDir(context), 'pool.json');
  await writeFile(path, JSON.stringify({ ...known, label: 'mine', chain: 8453 }));
  assert.equal((await findPool('usdc-weth-005.csv', path)).chain, 8_453);
});

test('what is wrong with a pool file is listed', async (context) => {
  const path = join(await temporaryDir(context), 'pool.json');
  const refused = async (content: string, message: RegExp) => {
    await writeFile(path, content);
    await assert.rejects(findPool('x.csv', path), { code: 'REPLAY_INVALID', message });
  };
  await refused('{', /cannot read the pool file/);
  await refused(JSON.stringify({ ...known, tracked: known.dollar }), /tracked: has to be the other token/);
  await refused(JSON.stringify({ ...known, address: known.address.toUpperCase() }), /address: expected an address/);
  await refused(JSON.stringify({ ...known, token0: { ...known.token0, decimals: 24 } }), /token0\.decimals/);
  await refused(JSON.stringify({ ...known, surprise: 1 }), /surprise/);
  await assert.rejects(findPool('x.csv', `${path}.absent`), { code: 'REPLAY_INVALID' });
});

test('the pools of the repository are named by chain and address', async () => {
  const path = new URL(`../../pools/${known.chain}-${known.address}.json`, import.meta.url);
  assert.deepEqual(JSON.parse(await readFile(path, 'utf8')), known);
});
