import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeReport, readmeFile } from './report.ts';
import { scenarios } from './scenarios.ts';

const readme = readFileSync(readmeFile, 'utf8');

test('the README is what the recorded results say; else run `npm run faults -- --report`', () => {
  assert.equal(readme, makeReport(readme));
});

test('every scenario has a name of its own', () => {
  assert.equal(new Set(scenarios.map(({ name }) => name)).size, scenarios.length);
});
