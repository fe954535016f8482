import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { chartFile, makeReport, readmeFile } from './report.ts';

describe('the report', () => {
  const readme = readFileSync(readmeFile, 'utf8');
  const report = makeReport(readme);

  test('is what the recorded results say; else run `npm run bench -- report`', () => {
    assert.equal(readme, report.readme);
  });

  test('has charts that are drawn from the recorded results', () => {
    for (const { name, svg } of report.charts) assert.equal(readFileSync(chartFile(name), 'utf8'), svg, name);
  });
});
