import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lineChart, spread } from './line-chart.ts';

const options = { title: 'a < b', xTitle: 'minutes', yTitle: 'ms', xMax: 10 };

describe('a line chart', () => {
  test('draws each line through its points, and names it', () => {
    const svg = lineChart({
      ...options,
      lines: [
        {
          name: 'p99 & more',
          points: [
            [0, 0],
            [5, 50],
            [10, 100],
          ],
        },
      ],
    });
    assert.match(svg, /points="64,348 377,198 690,48"/);
    assert.ok(svg.includes('p99 &amp; more'));
    assert.ok(svg.includes('a &lt; b'));
  });

  test('by a logarithmic scale gives each power of ten the same height', () => {
    const svg = lineChart({
      ...options,
      logarithmic: true,
      lines: [
        {
          name: 'x',
          points: [
            [0, 1],
            [5, 10],
            [10, 100],
          ],
        },
      ],
    });
    assert.match(svg, /points="64,348 377,198 690,48"/);
  });

  test('is the same text for the same data', () => {
    const lines = [{ name: 'x', points: [[0, 0.1 + 0.2]] as const }];
    assert.equal(lineChart({ ...options, lines }), lineChart({ ...options, lines }));
  });
});

test('labels keep apart, in the order of their heights', () => {
  assert.deepEqual(spread([100, 20, 102, 104]), [100, 20, 115, 130]);
});
