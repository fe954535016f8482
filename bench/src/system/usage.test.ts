import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { cpuMsOfStat, memoryOfStatus, readUsage, sharedOnce, usageOfPs } from './usage.ts';

/** /proc/<pid>/status of a process with so many kB of its own, 30 of files and 100 of shared memory. */
function memoryOf(anonymousKb: number) {
  return memoryOfStatus(`Name:\tx\nRssAnon:\t ${anonymousKb} kB\nRssFile:\t  30 kB\nRssShmem:\t 100 kB\nThreads: 1`);
}

describe('the usage of a process', () => {
  test('is read past a program name with blanks and brackets', () => {
    const stat = '77 (a) (b c) S 1 77 77 0 -1 4194560 3021 0 1 0 140 30 20 10 20 0 11 0 8521 1258291200 11861';
    assert.equal(cpuMsOfStat(stat, { family: true }), 2_000);
    assert.equal(cpuMsOfStat(stat, { family: false }), 1_700);
  });

  test('counts what processes share once', () => {
    assert.equal(sharedOnce([memoryOf(10)]), 140 * 1_024);
    assert.equal(sharedOnce([memoryOf(10), memoryOf(5)]), 145 * 1_024);
  });

  test('is the sum over a process and those below it where ps tells it', () => {
    const output = [
      '  1   0   10:00.00 100',
      ' 20   1 1-02:03:04 200',
      ' 21  20   0:01.50  50',
      '22 21 00:02 25',
      '',
    ].join('\n');
    assert.deepEqual(usageOfPs(output, 20, { family: true }), { cpuMs: 93_784_000 + 3_500, rssBytes: 275 * 1_024 });
    assert.deepEqual(usageOfPs(output, 20, { family: false }), { cpuMs: 93_784_000, rssBytes: 200 * 1_024 });
    assert.equal(usageOfPs(output, 99, { family: true }), undefined);
  });

  test('grows with work, is that of a family, and ends with the process', async () => {
    const busy = 'while (process.cpuUsage().user < 200_000);';
    const script = `const child = require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(busy)}]);
      process.stdout.write('done'); setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(parent.stdout, 'data');
    const usage = (await readUsage(parent.pid!, { family: true }))!;
    assert.ok(usage.rssBytes > 10_000_000, `${usage.rssBytes} bytes`);
    // Where ps tells it, the processor time of a child that has ended is lost.
    if (process.platform === 'linux') assert.ok(usage.cpuMs >= 190, `${usage.cpuMs} ms`);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    assert.equal(await readUsage(parent.pid!, { family: true }), undefined);
  });
});
